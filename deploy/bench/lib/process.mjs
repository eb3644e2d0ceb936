// Child processes on free ports of the loopback interface, and what the kernel knows of them (Linux).
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
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

/** Starts a program with `env` and little else, and waits until it listens on `port`. */
export async function start(command, args, env, port, cwd) {
  const { PATH, HOME } = process.env;
  const child = spawn(command, args, { cwd, env: { PATH, HOME, ...env }, stdio: ['ignore', 'ignore', 'pipe'] });
  let complaints = '';
  child.stderr.on('data', text => (complaints = (complaints + text).slice(-4000)));
  const ended = new Promise(resolve => child.once('exit', resolve).once('error', resolve));
  const stop = () => (child.kill('SIGTERM'), ended);
  for (let tries = 0; !(await listens(port)); tries++) {
    if (tries > 300 || child.exitCode !== null) {
      await stop();
      throw new Error(`${command} ${args.join(' ')} does not listen on ${port}:\n${complaints}`);
    }
    await pause(100);
  }
  return { pid: child.pid, stop };
}

/** Seconds of CPU that a process has used so far, in all of its threads. */
export function cpuSeconds(pid) {
  const [user, system] = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ').slice(11, 13);
  return (Number(user) + Number(system)) / TICKS;
}

/** Resident memory in MiB, now and at its highest. */
export function memory(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mebibytes = name => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)[1]) / 1024;
  return { now: mebibytes('VmRSS'), highest: mebibytes('VmHWM') };
}
