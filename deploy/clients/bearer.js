// Preloaded into the conformance suite, which cannot sign in by itself: whatever it sends to the resource carries the
// bearer, unless it brings one of its own.
import http from 'node:http';
import { createRequire } from 'node:module';

const { BEARER_TOKEN: token, BEARER_FOR: resource } = process.env;
const undici = createRequire(import.meta.resolve('@modelcontextprotocol/conformance/package.json'))('undici');
const { fetch: plainFetch } = globalThis;
const { request: plainUndici } = undici;
const { request: plainHttp } = http;

const isResource = url => String(url).split('?')[0] === resource;

globalThis.fetch = (input, init) => {
  if (!isResource(input instanceof Request ? input.url : input)) return plainFetch(input, init);
  const headers = new Headers(init?.headers ?? input.headers);
  if (!headers.has('authorization')) headers.set('authorization', `Bearer ${token}`);
  return plainFetch(input, { ...init, headers });
};

undici.request = (url, options = {}) => {
  if (!isResource(url)) return plainUndici(url, options);
  return plainUndici(url, { ...options, headers: { authorization: `Bearer ${token}`, ...options.headers } });
};

http.request = (...args) => {
  const request = plainHttp(...args);
  const url = `${request.protocol}//${request.getHeader('host')}${request.path}`;
  if (isResource(url) && !request.hasHeader('authorization')) request.setHeader('authorization', `Bearer ${token}`);
  return request;
};
