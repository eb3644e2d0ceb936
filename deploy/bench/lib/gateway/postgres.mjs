// A private Postgres on the second core, with its data below `directory` and its usual settings.
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';

import { freePort, pinned } from '../process.mjs';

const newest = () => {
  const versions = readdirSync('/usr/lib/postgresql').sort((one, other) => Number(other) - Number(one));
  return path.join('/usr/lib/postgresql', versions[0], 'bin');
};
// It refuses root, which runs it as the user that its package brings.
const AS_POSTGRES = ['--reuid=postgres', '--regid=postgres', '--init-groups', '--reset-env'];
const run = (core, command, args, cwd, input) => {
  const root = process.getuid() === 0;
  const whole = root ? ['setpriv', [...AS_POSTGRES, command, ...args]] : [command, args];
  const line = core === undefined ? whole : pinned(core, ...whole);
  return execFileSync(...line, { cwd, input, encoding: 'utf8', stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'inherit'] });
};

/** Starts it; on `core` alone if one is given. */
export async function postgres(directory, core) {
  const home = path.join(directory, `postgres-${await freePort()}`);
  const port = await freePort();
  mkdirSync(home);
  if (process.getuid() === 0) {
    const id = flag => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
    chmodSync(directory, 0o711);
    chownSync(home, id('-u'), id('-g'));
  }
  const [bin, data] = [newest(), path.join(home, 'data')];
  run(undefined, `${bin}/initdb`, ['-D', data, '-A', 'trust', '-U', 'postgres', '--no-sync', '--locale=C.UTF-8'], home);
  const options = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=${home}`;
  run(core, `${bin}/pg_ctl`, ['-D', data, '-l', path.join(home, 'log'), '-o', options, '-w', 'start'], home);
  const end = () => run(undefined, `${bin}/pg_ctl`, ['-D', data, '-m', 'immediate', 'stop'], home);
  process.once('exit', end);
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  return {
    url,
    /** Runs statements; gives what they print, unadorned. */
    query: sql => run(undefined, `${bin}/psql`, ['-qAtX', '-v', 'ON_ERROR_STOP=1', url], home, sql).trim(),
    stop: async () => void (process.off('exit', end), end()),
  };
}
