// A backend that keeps what arrives to look at it, and that streams. It is run as a process of its own and told what to do by
// messages: `{expect}` what to look for, `{emit}` an event on every stream, `{tell}` what was found. It looks only when it is told
// something: while proxies are measured, a request that came through one costs it as much as one that came through another.
import { createPublicKey, verify } from 'node:crypto';
import { createServer } from 'node:http';

import { ANSWER } from './peers.mjs';

/** What the gateway may send on: `proxy/headers.rs`, the identity header and what framing needs. */
const ALLOWED = new Set([
  'accept', 'content-type', 'content-length', 'transfer-encoding', 'host', 'x-peaka-identity', 'traceparent', 'tracestate',
  'mcp-protocol-version', 'mcp-method', 'mcp-name', 'mcp-param-subject',
]);

let expected = null;
let [arrived, found] = [[], { seen: 0, faults: [] }];
const streams = new Set();

/** What is wrong with a request that came through the gateway at `time`. */
function fault({ rawHeaders, time }) {
  const names = rawHeaders.filter((_, index) => index % 2 === 0).map(name => name.toLowerCase());
  const value = name => rawHeaders[2 * names.indexOf(name) + 1];
  const strange = names.find(name => !ALLOWED.has(name));
  if (strange) return `the header ${strange} got through`;
  if (names.filter(name => name === 'x-peaka-identity').length !== 1) return 'there is not exactly one identity header';
  const [header, payload, signature, ...rest] = value('x-peaka-identity').split('.');
  const decode = part => JSON.parse(Buffer.from(part, 'base64url'));
  if (rest.length > 0 || !signature) return 'the identity header is no compact JWS';
  const { typ, kid, alg } = decode(header);
  const key = expected.keys.find(jwk => jwk.kid === kid);
  if (typ !== 'peaka-identity+jwt' || alg !== 'Ed25519' || !key) return 'the identity header is not of our kind';
  const publicKey = createPublicKey({ key, format: 'jwk' });
  if (!verify(null, `${header}.${payload}`, publicKey, Buffer.from(signature, 'base64url'))) {
    return 'the identity header was not signed by the gateway';
  }
  const { sub, exp, aud } = decode(payload);
  if (aud !== 'peaka-mcp-backend' || exp * 1000 < time) return 'the identity header is over, or for another';
  if (sub !== value('mcp-param-subject')) return `asked by ${value('mcp-param-subject')}, passed on as ${sub}`;
  return null;
}

/** Looks at what arrived since the last look. */
function look() {
  if (expected) {
    found.seen += arrived.length;
    found.faults.push(...arrived.map(fault).filter(Boolean));
  }
  arrived = [];
}

const server = createServer({ noDelay: true, keepAliveTimeout: 3_600_000 }, (request, response) => {
  arrived.push({ rawHeaders: request.rawHeaders, time: Date.now() });
  request.resume();
  if (request.headers.accept === 'text/event-stream') {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' });
    response.write(EVENT);
    streams.add(response);
    response.on('close', () => streams.delete(response)).on('error', () => streams.delete(response));
    return;
  }
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': ANSWER.length }).end(ANSWER);
});

const EVENT = `data: ${'e'.repeat(120)}\n\n`;

process.on('message', ({ expect, emit, tell }) => {
  if (expect !== undefined) {
    look();
    expected = expect;
  }
  if (emit) streams.forEach(stream => stream.write(EVENT));
  if (tell) {
    look();
    process.send({ ...found, streams: streams.size });
    found = { seen: 0, faults: [] };
    return;
  }
  process.send({});
});
process.on('disconnect', () => process.exit(0));
server.listen(Number(process.argv[2]), '127.0.0.1', 4096, () => process.send({}));
