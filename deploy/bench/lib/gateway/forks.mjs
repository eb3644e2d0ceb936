// Helpers that run as processes of their own, and answer each message with one.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Starts one on a core, and gives how to ask it. */
export function helper(name, core, ...args) {
  const program = fileURLToPath(new URL(`${name}.mjs`, import.meta.url));
  const child = fork(program, args.map(String), { execPath: 'taskset', execArgv: ['-c', String(core), process.execPath] });
  const answer = () =>
    new Promise((resolve, reject) => {
      const ended = () => reject(new Error(`${name} ended`));
      child.once('exit', ended);
      child.once('message', message => {
        child.off('exit', ended);
        if (message.failed) reject(new Error(`${name}: ${message.failed}`));
        else resolve(message);
      });
    });
  const ask = message => {
    const answered = answer();
    child.send(message);
    return answered;
  };
  const ended = new Promise(resolve => child.once('exit', resolve));
  return { ask, answer, pid: child.pid, stop: () => (child.connected && child.disconnect(), ended) };
}
