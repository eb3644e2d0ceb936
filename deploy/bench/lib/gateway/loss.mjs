// What is lost when a replica of the backend is killed under load.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { family } from '../process.mjs';
import { configuration, gateway, tokens as sign } from './house.mjs';
import { WARM } from './path.mjs';
import { backend } from './peers.mjs';
import { CALLS, wrk } from './wrk.mjs';

/** Requests under way at once: no more can have reached a backend when it ends. */
export const AT_ONCE = 64;

/** How many requests of how many got no answer of the backend, and whether the load went on afterwards. */
export async function loss(programs, { rounds, directory }) {
  const figures = [];
  for (let round = 0; round < rounds; round++) {
    const running = [];
    try {
      const replicas = [await backend(directory), await backend(directory)];
      running.push(...replicas);
      const urls = replicas.map(({ port }) => `http://127.0.0.1:${port}`).join(',');
      const settings = await configuration(directory, replicas[0].port, { GATEWAY_BACKEND_URL: urls });
      const ours = await gateway(programs.gateway, directory, settings, 0);
      running.push(ours);
      const file = path.join(directory, 'few-tokens');
      writeFileSync(file, `${sign(programs.tokens, settings.env, 'access', WARM).join('\n')}\n`);
      const calls = CALLS(`localhost:${ours.port}`, file, { count: WARM });
      const load = wrk(`http://127.0.0.1:${ours.port}`, calls, { seconds: 3, connections: AT_ONCE, directory, lossy: true });
      await pause(1500);
      family(replicas[0].pid).forEach(pid => process.kill(pid, 'SIGKILL'));
      const { requests, lost, failed } = await load;
      figures.push({ requests, lost, failed });
    } finally {
      for (const one of running.reverse()) await one.stop();
    }
  }
  return figures;
}
