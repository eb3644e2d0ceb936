// Clients that listen to streams of events; a process of its own, so that no limit of open files counts for two. Told by
// messages: `{open}` so many more streams at a port, `{await}` until each has so many events in all, `{close}` all.
import { connect } from 'node:net';

const streams = [];
let waiting = null;

function open(port, token, subject) {
  const body = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"listen"}}';
  // From many addresses, as people come: one may not have thousands.
  const localAddress = `127.0.1.${1 + (streams.length % 250)}`;
  const stream = { socket: connect({ port, host: '127.0.0.1', localAddress, noDelay: true }), events: 0, head: '' };
  stream.socket.setEncoding('latin1');
  stream.socket.write(
    `POST /mcp HTTP/1.1\r\nHost: localhost:${port}\r\nAuthorization: Bearer ${token}\r\nMcp-Param-Subject: ${subject}\r\n` +
      `Accept: text/event-stream\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  stream.socket.on('data', text => {
    if (stream.head.length < 12) {
      stream.head += text.slice(0, 12);
      if (stream.head.length >= 12 && !stream.head.endsWith(' 200')) process.send({ failed: text.slice(0, 300) });
    }
    // An event is written at once and is short: none comes in two pieces.
    stream.events += text.split('data: ').length - 1;
    look();
  });
  stream.socket.on('error', error => process.send({ failed: String(error) }));
  stream.socket.on('close', () => stream.closing || process.send({ failed: 'a stream ended' }));
  streams.push(stream);
}

function look() {
  if (waiting !== null && streams.every(stream => stream.events >= waiting)) {
    waiting = null;
    process.send({});
  }
}

process.on('message', async ({ open: more, port, tokens, close, events }) => {
  for (let index = 0; index < (more ?? 0); index++) {
    const [token, subject] = tokens[streams.length % tokens.length];
    open(port, token, subject);
    // No burst that a queue of connections would drop, or that a proxy would call too much at once.
    while (streams.filter(stream => stream.events === 0).length >= 100) await new Promise(resolve => setTimeout(resolve, 10));
  }
  if (close) {
    streams.splice(0).forEach(stream => ((stream.closing = true), stream.socket.destroy()));
    process.send({});
    return;
  }
  waiting = events;
  look();
});
process.on('disconnect', () => process.exit(0));
