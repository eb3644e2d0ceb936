// Runs the official conformance suite and reads what it found.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const suite = fileURLToPath(new URL('node_modules/@modelcontextprotocol/conformance/dist/index.js', import.meta.url));
const bearer = fileURLToPath(new URL('bearer.js', import.meta.url));

/**
 * Runs the suite with `args`. `token` is presented to the server under test at `resource`, for which the suite has no
 * option; `onLine` hears every line of its output, `signal` ends it. Gives the exit code, the output and, by scenario,
 * every check with its status.
 */
export async function conformance(args, { token, resource, onLine = () => {}, signal } = {}) {
  const directory = mkdtempSync(path.join(tmpdir(), 'conformance-'));
  try {
    const preload = token === undefined ? [] : ['--import', pathToFileURL(bearer).href];
    const child = spawn(process.execPath, [...preload, suite, ...args, '-o', directory], {
      env: { PATH: process.env.PATH, NO_COLOR: '1', ...(token && { BEARER_TOKEN: token, BEARER_FOR: resource }) },
      stdio: ['ignore', 'pipe', 'pipe'],
      signal,
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      let rest = '';
      stream.setEncoding('utf8').on('data', text => {
        output += text;
        const lines = (rest + text).split('\n');
        rest = lines.pop();
        lines.forEach(onLine);
      });
    }
    const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
    return { code, output, scenarios: read(directory) };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** By scenario, its checks in the order in which the suite reports them. */
function read(directory) {
  const scenarios = {};
  for (const folder of readdirSync(directory)) {
    const checks = JSON.parse(readFileSync(path.join(directory, folder, 'checks.json'), 'utf8'));
    // `server-tools-list-2026-11-23T10-11-12-131Z`: the time is of no interest.
    const name = folder.replace(/-\d{4}-\d\d-\d\dT.*$/, '');
    scenarios[name] = checks.map(({ id, status, errorMessage }) => ({
      id,
      status,
      ...(errorMessage && { errorMessage }),
    }));
  }
  return scenarios;
}
