// A client over standard input and output, as small as it can be.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export class Client {
  #lines;
  #id = 0;

  constructor(command, args, options) {
    this.child = spawn(command, args, { ...options, stdio: ['pipe', 'pipe', 'inherit'] });
    this.#lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
    this.ended = once(this.child, 'exit');
  }

  async ask(method, params = {}) {
    const id = ++this.#id;
    this.child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error('the program ended without an answer');
    const answer = JSON.parse(value);
    if (answer.id !== id) throw new Error(`not the answer to ${id}: ${value}`);
    return answer.result;
  }

  async open() {
    const clientInfo = { name: 'test', version: '1' };
    const opened = await this.ask('initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo });
    this.child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' })}\n`);
    return opened;
  }

  call(name, args = {}) {
    return this.ask('tools/call', { name, arguments: args });
  }

  /** Ends the session; returns exit code and signal. */
  async close() {
    this.child.stdin.end();
    return this.ended;
  }
}
