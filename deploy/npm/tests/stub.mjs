// As much of Peaka's Partner API as it takes to tell a Project key from a Partner key.

import { createServer } from 'node:http';
import { once } from 'node:events';

export const PROJECT_KEY = 'project1.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa';
export const PARTNER_KEY = 'partner1.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb';

const person = { userId: 'u1', email: 'ada@example.com' };
const shared = { '/data/projects/mtKDhe1U/catalogs': [{ id: '1', name: 'peaka', catalogType: 'internal' }] };
const answers = {
  [PROJECT_KEY]: { ...shared, '/info': { ...person, projectId: 'mtKDhe1U', projectName: 'Orders' } },
  [PARTNER_KEY]: {
    ...shared,
    '/info': person,
    '/organizations': [{ id: 'o1', name: 'Acme' }, { id: 'o2', name: 'Globex' }],
    '/organizations/o1/workspaces': [{ id: 'w1', name: 'Sales' }, { id: 'w2', name: 'Research' }],
    '/organizations/o2/workspaces': [{ id: 'w3', name: 'Main' }],
    '/organizations/o1/workspaces/w1/projects': [{ id: 'mtKDhe1U', name: 'Orders' }],
    '/organizations/o1/workspaces/w2/projects': [{ id: 'bbbbbbbb', name: 'Lab' }],
    '/organizations/o2/workspaces/w3/projects': [{ id: 'cccccccc', name: 'Plant' }],
  },
};

/** Starts it; returns its base URL and a function that stops it. */
export async function startStub() {
  const server = createServer((request, response) => {
    const key = request.headers.authorization?.replace('Bearer ', '');
    const path = request.url.replace('/api/v1', '');
    const [status, body] = !answers[key]
      ? [401, { message: 'invalid key' }]
      : answers[key][path]
        ? [200, answers[key][path]]
        : [403, { message: 'not with this key' }];
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = () => new Promise((done) => { server.close(done); server.closeAllConnections(); });
  return { url: `http://127.0.0.1:${server.address().port}/api/v1`, stop };
}
