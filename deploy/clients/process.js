// Child processes that serve HTTP: a free port, a log, readiness, and an end by process id.
import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Where the workspace's programs and the logs are. */
export const target = path.resolve(root, process.env.CARGO_TARGET_DIR ?? 'target');
export const logs = path.join(target, 'test', 'logs', 'clients');

// More than a deployment logs, so that what must never be logged has more places to show up.
const LOGGED = 'info,gateway=debug,mcp_backend=debug,shared=debug,standin=debug';

// Ports below the range from which the kernel hands out its own. Every test file is a process, and those that run
// side by side have process ids close together, so each walks a hundred ports of its own.
let nextPort = 20_000 + (process.pid % 120) * 100;

/** A port of the loopback interface that nobody listens on. */
export async function freePort() {
  for (;;) {
    const port = nextPort++;
    const free = await new Promise(resolve => {
      const probe = createServer().once('error', () => resolve(false));
      probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
    });
    if (free) return port;
  }
}

/** Waits until `probe` returns something true; `what` names it where it does not within `seconds`. */
export async function until(what, seconds, probe) {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const found = await probe();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`${what}: not within ${seconds} s`);
    await pause(50);
  }
}

/** Starts a program whose environment is `env` and little else, and waits until `ready` (a URL) answers 200. */
export async function serve(name, command, args, env, ready) {
  mkdirSync(logs, { recursive: true });
  const child = spawn(command, args, {
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      TMPDIR: tmpdir(),
      RUST_LOG: process.env.RUST_LOG ?? LOGGED,
      NO_COLOR: '1',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const log = createWriteStream(path.join(logs, `${path.basename(process.argv[1], '.test.js')}-${name}.log`));
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', text => (output += text));
    stream.pipe(log, { end: false });
  }
  let ended;
  const end = new Promise(resolve => {
    child.once('error', error => resolve((ended = error.message)));
    child.once('exit', (code, signal) => resolve((ended = `exit ${code ?? signal}`)));
  });
  const service = {
    name,
    output: () => output,
    async stop() {
      if (ended === undefined) child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), 20_000);
      await end;
      clearTimeout(late);
      if (ended !== 'exit 0') throw new Error(`${name} did not end as it should: ${ended}\n${output.slice(-4000)}`);
    },
  };
  try {
    await until(`${name} is ready at ${ready}`, 60, async () => {
      if (ended !== undefined) throw new Error(`${name} ended too early: ${ended}\n${output.slice(-4000)}`);
      return fetch(ready).then(answer => answer.ok, () => false);
    });
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  return service;
}
