// How many instructions the gateway executes for an authenticated request whose token it has seen before: the release binary
// under callgrind. Unlike time, they do not depend on what else the machine does, so two commits can be compared.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { configuration, tokens } from './lib/gateway/house.mjs';
import { build } from './lib/gateway/machine.mjs';
import { ANSWER } from './lib/gateway/peers.mjs';
import { median, number } from './lib/gateway/statistics.mjs';
import { freePort, pinned, start } from './lib/process.mjs';

const RESULT = fileURLToPath(new URL('results/instructions.json', import.meta.url));
const USAGE = `usage: deploy/bench/instructions [--binaries DIRECTORY] [--requests N] [--tolerance PERCENT] [--functions N] [--update]

  --binaries   where the gateway is; by default it is built: deploy/release/build
  --requests   how many are counted each time; 1000
  --tolerance  by how much there may be more than in ${path.relative(process.cwd(), RESULT)}; 3
  --functions  also prints the functions that execute most; wants a binary with symbols, as
               \`RUSTFLAGS=-Cstrip=none deploy/release/build\` makes
  --update     writes that file anew instead

Needs valgrind. Takes about a minute beside the build. Ends with 1 if there are more than the tolerance allows.`;

const { values: options } = parseArgs({
  options: {
    binaries: { type: 'string' },
    requests: { type: 'string', default: '1000' },
    tolerance: { type: 'string', default: '3' },
    functions: { type: 'string' },
    update: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h' },
  },
});
if (options.help) {
  console.log(USAGE);
  process.exit(0);
}
const requests = Number(options.requests);
const TIMES = 5;

const programs = build(options.binaries, ['gateway']);
const directory = mkdtempSync(path.join(tmpdir(), 'bench-instructions-'));
process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
process.once('SIGINT', () => process.exit(130)).once('SIGTERM', () => process.exit(143));

/** The identity header that came last: when it changes, the gateway has just signed one. */
let identity = '';
const backend = createServer({ noDelay: true, keepAliveTimeout: 3_600_000 }, (asked, response) => {
  identity = asked.headers['x-peaka-identity'];
  asked.resume().on('end', () => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': ANSWER.length }).end(ANSWER);
  });
});
const port = await freePort();
await new Promise(resolve => backend.listen(port, '127.0.0.1', resolve));

const settings = await configuration(directory, port);
// The schema and the keys are made at full speed.
const [line] = tokens(programs.tokens, settings.env, 'access', 1);
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'x', note: 'x'.repeat(950) } });
const headers = {
  authorization: `Bearer ${line.split(' ')[0]}`,
  accept: 'application/json, text/event-stream',
  'content-type': 'application/json',
  'content-length': body.length,
  'mcp-protocol-version': '2025-11-25',
};
const call = () =>
  new Promise((resolve, reject) => {
    const asked = request({ port: settings.port, host: '127.0.0.1', path: '/mcp', method: 'POST', agent, headers }, answer => {
      if (answer.statusCode !== 200) reject(new Error(`answered with ${answer.statusCode}`));
      answer.resume().on('end', resolve);
    });
    asked.on('error', reject).end(body);
  });

const files = () => readdirSync(directory).filter(name => /^counted\.\d+$/.test(name));
/** The instructions since the last time, and the file that tells where. */
async function counted(pid) {
  const before = files();
  execFileSync('callgrind_control', ['-d', String(pid)], { cwd: directory, stdio: 'ignore' });
  for (;;) {
    const file = files().find(name => !before.includes(name));
    const total = file && /^(?:totals|summary): (\d+)/m.exec(readFileSync(path.join(directory, file), 'utf8'));
    if (total) return { total: Number(total[1]), file: path.join(directory, file) };
    await pause(20);
  }
}

const valgrind = ['--tool=callgrind', `--callgrind-out-file=${path.join(directory, 'counted')}`, programs.gateway, 'serve'];
/** Slow as it is under callgrind, it may give up its database at the start; that is no reason to give up here. */
async function started(tries = 10) {
  const gateway = await start(...pinned(0, 'valgrind', valgrind), settings.env, settings.port, directory);
  try {
    await call();
    return gateway;
  } catch (error) {
    await gateway.stop();
    if (tries > 1) return started(tries - 1);
    console.error(gateway.complaints());
    throw error;
  }
}

const gateway = await started();
const figures = [];
let last;
try {
  for (let index = 0; index < 100; index++) await call();
  for (let tries = 0; figures.length < TIMES && tries < 4 * TIMES; tries++) {
    const was = identity;
    // A header is used for ten seconds; within those nothing is signed.
    while (identity === was) await call();
    const signed = identity;
    await counted(gateway.pid);
    const began = performance.now();
    for (let index = 0; index < requests; index++) await call();
    const took = performance.now() - began;
    const busy = await counted(gateway.pid);
    if (identity !== signed) continue;
    // What goes on by itself meanwhile is not the requests'.
    await pause(took);
    const idle = await counted(gateway.pid);
    figures.push((busy.total - idle.total) / requests);
    last = busy.file;
  }
} finally {
  await gateway.stop();
  agent.destroy();
  backend.close();
  backend.closeAllConnections();
}
if (figures.length < TIMES) throw new Error(`${requests} requests take longer than an identity header is used: try fewer (--requests)`);

const now = Math.round(median(figures));
console.log(`${number(now)} instructions a request (${figures.map(one => number(one)).sort().join(', ')})`);
if (options.functions) {
  const args = ['--show-percs=yes', last];
  const told = execFileSync('callgrind_annotate', args, { encoding: 'utf8', maxBuffer: 1 << 28 });
  console.log(told.split('\n').filter(one => /\(\s*[\d.]+%\)/.test(one)).slice(0, Number(options.functions) + 1).join('\n'));
}
const compiler = execFileSync('rustc', ['--version'], { encoding: 'utf8' }).trim();
if (options.update) {
  writeFileSync(RESULT, `${JSON.stringify({ instructions: now, compiler }, null, 2)}\n`);
} else {
  const known = JSON.parse(readFileSync(RESULT, 'utf8'));
  if (known.compiler !== compiler) console.log(`the checked-in figure is of ${known.compiler}, this one of ${compiler}`);
  const more = (now / known.instructions - 1) * 100;
  console.log(`${number(more, 1)} % more than the ${number(known.instructions)} that are checked in`);
  process.exitCode = more > Number(options.tolerance) ? 1 : 0;
}
