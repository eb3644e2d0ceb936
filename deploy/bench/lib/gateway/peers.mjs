// nginx and HAProxy as proxies in front of the same backend, each on one core with one thread, and nginx as that backend.
import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { freePort, pinned, start } from '../process.mjs';

/** What every nginx here has in common. `upstreams` keep idle connections, without a limit of requests. */
const nginx = (upstreams, servers, more = '') => `
user root;
worker_processes 1;
worker_rlimit_nofile 20000;
daemon off;
error_log stderr error;
pid nginx.pid;
events { worker_connections 16000; }
http {
  access_log off;
  server_tokens off;
  client_body_temp_path body; proxy_temp_path proxied; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  keepalive_requests 1000000000;
  keepalive_timeout 3600;
  underscores_in_headers on;
  ignore_invalid_headers off;
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_set_header Host $http_host;
  proxy_read_timeout 3600;
${Object.entries(upstreams)
  .map(([name, port]) => `  upstream ${name} { server 127.0.0.1:${port}; keepalive 600; keepalive_requests 1000000000; }`)
  .join('\n')}
${more}
${servers}
}
`;

const haproxy = (port, backend, rules = '') => `
global
  nbthread 1
  maxconn 9000
defaults
  mode http
  timeout connect 5s
  timeout client 1h
  timeout server 1h
  option http-keep-alive
  option http-no-delay
  http-reuse always
frontend in
  bind 127.0.0.1:${port}
${rules}
  default_backend out
backend out
  server one 127.0.0.1:${backend}
`;

const VERIFIED = key => `
  http-request set-var(txn.bearer) http_auth_bearer
  http-request set-var(txn.alg) var(txn.bearer),jwt_header_query('$.alg')
  http-request set-var(txn.iss) var(txn.bearer),jwt_payload_query('$.iss')
  http-request deny deny_status 401 unless { var(txn.alg) -m str ES256 }
  http-request deny deny_status 401 unless { var(txn.iss) -m found }
  http-request deny deny_status 401 unless { var(txn.bearer),jwt_verify(txn.alg,"${key}") -m int 1 }
`;

/** The answers to a tool call: about a kilobyte of JSON. */
export const ANSWER = JSON.stringify({ jsonrpc: '2.0', id: 1, result: { content: [{ type: 'text', text: 'x'.repeat(950) }] } });

/**
 * The backend of all proxies: answers at once. Two of a thousand requests go on to `checker`, which answers the same, and
 * looks at what arrived; if there is one. On a second port it answers what nginx asks with auth_request.
 */
export async function backend(directory, checker) {
  const [port, authority] = [await freePort(), await freePort()];
  const servers = `
  split_clients "$connection.$connection_requests.$msec" $checked { ${checker === undefined ? '' : '0.2% 1; '}* 0; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / { if ($checked) { rewrite ^ /check last; } default_type application/json; return 200 '${ANSWER}'; }
    location /check { proxy_pass http://checker; }
  }
  server { listen 127.0.0.1:${authority} backlog=4096; location / { return 204; } }`;
  return { ...(await run(directory, `backend-${++count}`, port, 1, nginx({ checker: checker ?? 9 }, servers))), authority };
}

/** The peers, by name; each gives how it is started in front of a backend. `key`: the file of the public key. */
export const PEERS = {
  'nginx, plain': (directory, backend) => proxy(directory, port => nginx({ backend }, server(port))),
  'nginx, auth_request': (directory, backend, { authority }) => {
    const asked = `
    location = /authorized {
      internal;
      proxy_pass http://authority;
      proxy_pass_request_body off;
      proxy_set_header Content-Length "";
      proxy_set_header Connection "";
    }`;
    return proxy(directory, port => nginx({ backend, authority }, server(port, 'auth_request /authorized;', asked)));
  },
  'HAProxy, plain': (directory, backend) => proxy(directory, port => haproxy(port, backend), 'haproxy'),
  'HAProxy, jwt_verify ES256': (directory, backend, { key }) =>
    proxy(directory, port => haproxy(port, backend, VERIFIED(key)), 'haproxy'),
};

const server = (port, rules = '', more = '') => `
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / { ${rules} proxy_pass http://backend; }
    ${more}
  }`;

let count = 0;
async function proxy(directory, config, program) {
  const port = await freePort();
  return run(directory, `proxy-${++count}`, port, 0, config(port), program);
}

async function run(directory, name, port, core, config, program = 'nginx') {
  const file = path.join(directory, `${name}.conf`);
  writeFileSync(file, config);
  const args = program === 'nginx' ? ['-p', directory, '-c', file, '-e', 'stderr'] : ['-db', '-f', file];
  return { ...(await start(...pinned(core, program, args), {}, port, directory)), port };
}
