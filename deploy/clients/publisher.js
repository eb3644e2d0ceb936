// Hosts where clients publish their metadata documents (draft-ietf-oauth-client-id-metadata-document), by names that are
// not ours: the gateway finds them here, and trusts their certificate.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Serves a document for each of `clients`, by its address: what is in it beside `client_id`. */
export async function publish(t, clients) {
  const hosts = [...new Set(Object.keys(clients).map(id => new URL(id).hostname))];
  const directory = mkdtempSync(path.join(tmpdir(), 'publisher-'));
  const [key, certificate] = ['key.pem', 'certificate.pem'].map(name => path.join(directory, name));
  const names = hosts.map(host => `DNS:${host}`).join(',');
  // prettier-ignore
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
    '-subj', '/CN=publisher', '-addext', `subjectAltName=${names}`, '-addext', 'basicConstraints=critical,CA:FALSE',
    '-keyout', key, '-out', certificate];
  execFileSync('openssl', request, { stdio: ['ignore', 'ignore', 'pipe'] });
  const server = createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (incoming, answer) => {
    const id = `https://${incoming.headers.host}${incoming.url}`;
    answer.writeHead(clients[id] ? 200 : 404, { 'content-type': 'application/json' });
    answer.end(clients[id] && JSON.stringify({ client_id: id, token_endpoint_auth_method: 'none', ...clients[id] }));
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
    rmSync(directory, { recursive: true, force: true });
  });
  const { port } = server.address();
  return {
    GATEWAY_CIMD_PRIVATE_HOSTS: hosts.map(host => `${host}=127.0.0.1:${port}`).join(','),
    GATEWAY_CIMD_CA_FILE: certificate,
  };
}
