// What has to be there before anything is measured.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));
const DEBIAN = { nginx: 'nginx-light', haproxy: 'haproxy', wrk: 'wrk', taskset: 'util-linux', openssl: 'openssl' };

const has = program => {
  try {
    return execFileSync('sh', ['-c', `command -v ${program}`], { stdio: ['ignore', 'pipe', 'ignore'] }).length > 0;
  } catch {
    return false;
  }
};
const run = (command, args) => execFileSync(command, args, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] });

/** Installs what is missing, with apt. */
export function install() {
  const missing = Object.keys(DEBIAN).filter(program => !has(program));
  if (missing.length === 0) return;
  if (!has('apt-get')) throw new Error(`missing: ${missing.join(', ')}; install them first`);
  run('apt-get', ['install', '-y', '--no-install-recommends', ...missing.map(program => DEBIAN[program])]);
}

/** Builds the programs of a release if they were not given, and gives where those of these packages are. */
export function build(binaries, packages = ['gateway', 'mcp-backend', 'standin']) {
  const directory = path.resolve(binaries ?? execFileSync('deploy/release/build', { cwd: ROOT, encoding: 'utf8' }).trimEnd());
  run('cargo', ['build', '--quiet', '-p', 'gateway', '--example', 'bench-tokens']);
  const target = process.env.CARGO_TARGET_DIR ?? path.join(ROOT, 'target');
  const [gateway, backend, standin] = packages.map(name => path.join(directory, name));
  const programs = { gateway, backend, standin, tokens: path.join(target, 'debug/examples/bench-tokens') };
  const missing = Object.values(programs).find(program => program && !existsSync(program));
  if (missing) throw new Error(`there is no ${missing}`);
  return programs;
}

/** Microseconds that one verification of an ES256 signature takes OpenSSL on the proxies' core. */
export function verification() {
  const args = ['-c', '0', 'openssl', 'speed', '-mr', '-seconds', '2', 'ecdsap256'];
  const told = execFileSync('taskset', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  // The last figure of the line is how many there are in a second.
  return 1e6 / Number(/^\+F4:.*:([\d.]+)$/m.exec(told)[1]);
}

export const commit = () => execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: ROOT, encoding: 'utf8' }).trim();
/** What a program calls its own version. */
export const version = (program, flag) => {
  const told = execFileSync('sh', ['-c', `${program} ${flag} 2>&1`], { encoding: 'utf8' });
  return /\d+\.\d+[\w.]*/.exec(told)[0];
};
