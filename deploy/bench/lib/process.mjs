// Child processes on free ports of the loopback interface, and what the kernel knows of them (Linux).
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

const TICKS = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

export const freePort = () =>
  new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });

const listens = port =>
  new Promise(resolve => {
    const socket = connect(port, '127.0.0.1', () => resolve(true)).once('error', () => resolve(false));
    socket.once('close', () => {}).setTimeout(1000, () => socket.destroy());
    socket.once('connect', () => socket.end());
  });

/** A command line that runs on one core only. */
export const pinned = (core, command, args) => ['taskset', ['-c', String(core), command, ...args]];

/** Starts a program with `env` and little else, and waits until it listens on `port`. */
export async function start(command, args, env, port, cwd) {
  const { PATH, HOME } = process.env;
  const child = spawn(command, args, { cwd, env: { PATH, HOME, ...env }, stdio: ['ignore', 'ignore', 'pipe'] });
  let complaints = '';
  child.stderr.on('data', text => (complaints = (complaints + text).slice(-4000)));
  const ended = new Promise(resolve => child.once('close', resolve).once('error', resolve));
  const kill = () => child.kill('SIGTERM');
  // However this process ends, what it started ends with it.
  process.once('exit', kill);
  const stop = () => (process.off('exit', kill), kill(), ended);
  for (let tries = 0; !(await listens(port)); tries++) {
    if (tries > 300 || child.exitCode !== null) {
      await stop();
      throw new Error(`${command} ${args.join(' ')} does not listen on ${port}:\n${complaints}`);
    }
    await pause(100);
  }
  return { pid: child.pid, stop, complaints: () => complaints };
}

/** Seconds of CPU that a process has used so far, in all of its threads. */
export function cpuSeconds(pid) {
  const [user, system] = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ').slice(11, 13);
  return (Number(user) + Number(system)) / TICKS;
}

/** A process and all below it. */
export const family = pid => {
  const below = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return [pid, ...(below === '' ? [] : below.split(' ').flatMap(family))];
};

/** Microseconds of CPU that a process and all below it have used so far; finer than the ticks of `stat`. */
export function cpuMicroseconds(pid) {
  const threads = family(pid).flatMap(one => readdirSync(`/proc/${one}/task`).map(thread => `/proc/${one}/task/${thread}`));
  const used = thread => Number(readFileSync(`${thread}/schedstat`, 'utf8').split(' ')[0]) / 1000;
  return threads.map(used).reduce((sum, one) => sum + one, 0);
}

/** KiB that a process and all below it hold, what they share counted once (`Pss`). */
export function kibibytes(pid) {
  const held = one => Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${one}/smaps_rollup`, 'utf8'))[1]);
  return family(pid).map(held).reduce((sum, one) => sum + one, 0);
}

/** Resident memory in MiB, now and at its highest. */
export function memory(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mebibytes = name => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)[1]) / 1024;
  return { now: mebibytes('VmRSS'), highest: mebibytes('VmHWM') };
}
