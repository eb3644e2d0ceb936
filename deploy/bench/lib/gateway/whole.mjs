// The whole path: client, gateway, backend and stand-in, a small tool call each, all on the same cores.
import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { cpuMicroseconds, freePort, start } from '../process.mjs';
import { house } from './control.mjs';
import { PEOPLE, register, signIn } from './sign-in.mjs';
import { TOOLS, wrk } from './wrk.mjs';

/** Sessions of each person. */
const SESSIONS = 8;

/**
 * Holds what the stand-in noted of the newest calls against who must have asked: each person's calls are about a project
 * of their own, so a call about it with another's credential is one too many.
 */
async function credentials(peaka) {
  const { requests } = await (await fetch(`http://127.0.0.1:${peaka}/control/requests`)).json();
  const calls = requests.filter(({ path }) => path.includes('/catalogs'));
  for (const { path, user, bearer } of calls) {
    const person = PEOPLE.find(({ project }) => path.includes(project));
    if (bearer !== 'UserToken' || user !== person?.email) throw new Error(`${path} was asked for with the credential of ${user}`);
  }
  if (calls.length === 0) throw new Error('the stand-in was not asked for anything');
  return calls.length;
}

export async function whole(programs, { rounds, seconds, directory }) {
  const running = [];
  try {
    const port = await freePort();
    const { ours, standin, peaka, url } = await house(programs, directory, running, port, false);
    const settings = {
      BACKEND_LISTEN: `127.0.0.1:${port}`,
      GATEWAY_INTERNAL_URL: `http://127.0.0.1:${ours.internal}`,
      GATEWAY_ISSUER: url,
      PARTNER_API_BASE_URL: `http://127.0.0.1:${peaka}/api/v1`,
      LOG_FILTER: 'error',
    };
    const backend = await start(programs.backend, ['serve'], settings, port, directory);
    running.push(backend);
    const client = await register(url);
    const file = path.join(directory, 'people');
    const lines = [];
    for (let session = 0; session < SESSIONS; session++) {
      for (const person of PEOPLE) lines.push(`${(await signIn(url, client, person)).access_token} ${person.project}`);
    }
    writeFileSync(file, `${lines.join('\n')}\n`);

    const spent = () => ({
      gateway: cpuMicroseconds(ours.pid),
      backend: cpuMicroseconds(backend.pid),
      standin: cpuMicroseconds(standin.pid),
    });
    const figures = [];
    let checked = 0;
    for (let round = 0; round <= rounds; round++) {
      await fetch(`http://127.0.0.1:${peaka}/control/requests`, { method: 'DELETE' });
      const run = { seconds: round === 0 ? 1 : seconds, connections: 32, directory, core: '0,1', pid: ours.pid };
      const before = spent();
      const result = await wrk(url, TOOLS(new URL(url).host, file), run);
      const after = spent();
      checked += await credentials(peaka);
      const each = Object.keys(after).map(name => [name, (after[name] - before[name]) / result.requests]);
      if (round > 0) figures.push({ ...result, spent: Object.fromEntries(each) });
    }
    return { figures, checked };
  } finally {
    for (const process of running.reverse()) await process.stop();
  }
}
