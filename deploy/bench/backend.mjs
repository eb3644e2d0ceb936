// mcp-backend beside Peaka's existing MCP server, before the same stub of the Partner API, under the same load.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { CASES, load, once } from './lib/load.mjs';
import { freePort, memory, start } from './lib/process.mjs';
import { report } from './lib/report.mjs';

const EXISTING = '0.10.0';
const USAGE = `usage: deploy/bench/backend [--binary FILE] [--existing DIRECTORY] [--seconds N] [--rounds N]
                            [--connections N] [--out FILE]

  --binary       mcp-backend; by default target/release/mcp-backend. deploy/release/build makes the one that is released.
  --existing     a built copy of the existing server (with dist/index.js and node_modules); by default version
                 ${EXISTING} of @peaka/mcp-server-peaka is installed from npm below target/bench
  --seconds      how long each kind of request is sent in each round; 8
  --rounds       how often, the servers taking turns; 3. The figures are the median round's.
  --connections  how many requests are under way at once; 32
  --out          where the report goes besides standard output, in Markdown

Needs Linux, Node 20 and wrk. Everything stays on the loopback interface.`;

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, '../..');
const { values: options } = parseArgs({
  options: {
    binary: { type: 'string', default: path.join(root, 'target/release/mcp-backend') },
    existing: { type: 'string' },
    seconds: { type: 'string', default: '8' },
    rounds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '32' },
    out: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
});
if (options.help) {
  console.log(USAGE);
  process.exit(0);
}
const [seconds, rounds, connections] = ['seconds', 'rounds', 'connections'].map(name => {
  const number = Number(options[name]);
  if (!Number.isInteger(number) || number < 1 || number > 600) throw new Error(`--${name} is a number from 1 to 600`);
  return number;
});
if (!existsSync(options.binary)) throw new Error(`there is no ${options.binary}\n\n${USAGE}`);

/** The existing server's program. */
function existing() {
  if (options.existing) return path.resolve(options.existing, 'dist/index.js');
  const directory = path.join(root, 'target/bench/existing');
  const name = '@peaka/mcp-server-peaka';
  const program = path.join(directory, 'node_modules', name, 'dist/index.js');
  if (!existsSync(program)) {
    mkdirSync(directory, { recursive: true });
    writeFileSync(path.join(directory, 'package.json'), '{ "private": true }');
    const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', `${name}@${EXISTING}`];
    execFileSync('npm', args, { cwd: directory, stdio: ['ignore', 'inherit', 'inherit'] });
  }
  return program;
}

const directory = mkdtempSync(path.join(tmpdir(), 'bench-backend-'));
const running = [];
const launch = async (...what) => (running.push(await start(...what)), running.at(-1));
try {
  const peaka = await freePort();
  const stub = fileURLToPath(new URL('lib/stub.mjs', import.meta.url));
  await launch(process.execPath, [stub, String(peaka)], {}, peaka, directory);
  const env = { PARTNER_API_BASE_URL: `http://127.0.0.1:${peaka}/api/v1` };

  const [ours, theirs] = [await freePort(), await freePort()];
  const servers = {
    'mcp-backend': {
      url: `http://127.0.0.1:${ours}/mcp`,
      begin: () => {
        const more = { LOCAL_LISTEN: `127.0.0.1:${ours}`, PEAKA_API_KEY: `TtgGcQFq.${'bench'.repeat(6)}00` };
        return launch(path.resolve(options.binary), ['serve-local'], { ...env, ...more }, ours, directory);
      },
    },
    'existing server': {
      url: `http://127.0.0.1:${theirs}/mcp`,
      begin: () => {
        const more = { TRANSPORT: 'httpStream', PORT: String(theirs), NODE_ENV: 'production' };
        const issuer = { OAUTH_AUTHORIZATION_SERVER_URL: 'http://127.0.0.1:9' };
        return launch(process.execPath, [existing()], { ...env, ...more, ...issuer }, theirs, directory);
      },
    },
  };

  const measured = {};
  for (const [name, server] of Object.entries(servers)) {
    const { pid } = await server.begin();
    const [sizes, figures] = [{}, {}];
    for (const [kind, request] of Object.entries(CASES)) sizes[kind] = await once(server.url, request);
    measured[name] = { pid, url: server.url, idle: memory(pid).now, sizes, figures };
  }
  const before = loadavg()[0];
  for (const [kind, request] of Object.entries(CASES)) {
    // The first second warms up and is not counted.
    const run = ({ url, pid }, time) => load(url, request, pid, { seconds: time, connections, directory });
    for (const server of Object.values(measured)) await run(server, 1);
    for (let round = 0; round < rounds; round++) {
      for (const server of Object.values(measured)) (server.figures[kind] ??= []).push(await run(server, seconds));
    }
    for (const server of Object.values(measured)) {
      await once(server.url, request);
      (server.memory ??= {})[kind] = memory(server.pid);
    }
  }
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim();
  const machine = { cores: cpus().length, model: cpus()[0].model, load: before, node: process.version };
  const text = report(measured, { seconds, rounds, connections, commit, existing: EXISTING, ...machine });
  console.log(text);
  if (options.out) writeFileSync(options.out, text);
} finally {
  for (const process of running.reverse()) await process.stop();
  rmSync(directory, { recursive: true, force: true });
}
