// The client's end of the redirect: a server on a loopback port that tells what the browser brought.
import { createServer } from 'node:http';

import { freePort } from './process.js';

export class Callback {
  #server;
  #waiting = [];
  #arrived = [];

  static async listen() {
    const callback = new Callback();
    const port = await freePort();
    callback.url = `http://localhost:${port}/callback`;
    callback.#server = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url, callback.url);
      if (pathname !== '/callback') return response.writeHead(404).end();
      response.setHeader('content-type', 'text/html');
      response.end('<!doctype html><title>done</title><p>Back at the client.');
      const waiting = callback.#waiting.shift();
      return waiting ? waiting(searchParams) : callback.#arrived.push(searchParams);
    });
    await new Promise(resolve => callback.#server.listen(port, '127.0.0.1', resolve));
    return callback;
  }

  /** The query of the next redirect, as `URLSearchParams`. */
  next() {
    const arrived = this.#arrived.shift();
    return arrived ? Promise.resolve(arrived) : new Promise(resolve => this.#waiting.push(resolve));
  }

  close() {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
