// From the start of a program to its readiness, and what it holds when it has nothing to do.
import { spawn } from 'node:child_process';
import { get } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

import { freePort, memory } from '../process.mjs';
import { configuration } from './house.mjs';
import { postgres } from './postgres.mjs';

const answers = url =>
  new Promise(resolve => {
    const asked = get(url, { agent: false }, answer => (answer.resume(), resolve(answer.statusCode === 200)));
    asked.on('error', () => resolve(false));
  });

/** Starts a program; milliseconds until `url` answers 200, and the MiB that it holds two seconds later. */
async function once(program, env, url, directory) {
  const { PATH, HOME } = process.env;
  const began = performance.now();
  const child = spawn(program, ['serve'], { cwd: directory, env: { PATH, HOME, ...env }, stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = new Promise(resolve => child.once('exit', resolve));
  const kill = () => child.kill('SIGTERM');
  process.once('exit', kill);
  try {
    while (!(await answers(url))) {
      if (performance.now() - began > 20_000 || child.exitCode !== null) throw new Error(`${program} does not get ready`);
      await pause(2);
    }
    const ready = performance.now() - began;
    await pause(2000);
    return { ready, resident: memory(child.pid).now };
  } finally {
    process.off('exit', kill);
    kill();
    await ended;
  }
}

export async function startUp(programs, { rounds, directory }) {
  const database = await postgres(directory);
  try {
    const backend = await freePort();
    const { internal, env } = await configuration(directory, backend, { GATEWAY_DATABASE_URL: database.url });
    const settings = { BACKEND_LISTEN: `127.0.0.1:${backend}`, GATEWAY_INTERNAL_URL: `http://127.0.0.1:${internal}`, LOG_FILTER: 'error' };
    const figures = { gateway: [], 'mcp-backend': [] };
    // The first start makes the schema and the keys; it is told apart.
    const first = await once(programs.gateway, env, `http://127.0.0.1:${internal}/readyz`, directory);
    for (let round = 0; round < rounds; round++) {
      figures.gateway.push(await once(programs.gateway, env, `http://127.0.0.1:${internal}/readyz`, directory));
      figures['mcp-backend'].push(await once(programs.backend, settings, `http://127.0.0.1:${backend}/readyz`, directory));
    }
    return { first: first.ready, ...figures };
  } finally {
    await database.stop();
  }
}
