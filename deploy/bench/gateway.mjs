// The gateway beside nginx and HAProxy before the same backend, and then by itself: its control path, the whole path to the
// stand-in, and its start.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { control } from './lib/gateway/control.mjs';
import { configuration, gateway, publicKey, tokens as sign } from './lib/gateway/house.mjs';
import { loss } from './lib/gateway/loss.mjs';
import { build, commit, install, verification, version } from './lib/gateway/machine.mjs';
import { path as dataPath, WARM } from './lib/gateway/path.mjs';
import { backend, PEERS } from './lib/gateway/peers.mjs';
import { report } from './lib/gateway/report.mjs';
import { startUp } from './lib/gateway/start-up.mjs';
import { events, idle } from './lib/gateway/streams.mjs';
import { tokens } from './lib/gateway/tokens.mjs';
import { watch } from './lib/gateway/watch.mjs';
import { whole } from './lib/gateway/whole.mjs';

const PARTS = ['path', 'tokens', 'streams', 'loss', 'control', 'whole', 'start'];
const USAGE = `usage: deploy/bench/gateway [--binaries DIRECTORY] [--quick] [--only PART[,PART...]] [--rounds N] [--seconds N]
                            [--out FILE]

  --binaries  where gateway, mcp-backend and standin are; by default they are built: deploy/release/build
  --quick     one short round, to see that everything works; the figures mean little
  --only      some of the parts: ${PARTS.join(', ')}
  --rounds    how often each thing is measured, the proxies taking turns; 5. The figures are medians.
  --seconds   how long one measurement at 16 connections takes; 2
  --out       where the report goes besides standard output, in Markdown

Needs Linux with two cores, Node 20, cargo and PostgreSQL 15; nginx, HAProxy and wrk are installed with apt where they are
missing. Everything stays on the loopback interface. Takes about ten minutes; nothing else should run meanwhile.`;

const { values: options } = parseArgs({
  options: {
    binaries: { type: 'string' },
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: PARTS.join(',') },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    out: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
});
if (options.help) {
  console.log(USAGE);
  process.exit(0);
}
const number = (name, usual) => {
  const value = Number(options[name] ?? usual);
  if (!Number.isInteger(value) || value < 1 || value > 100) throw new Error(`--${name} is a number from 1 to 100`);
  return value;
};
const quick = options.quick;
const [rounds, seconds] = [number('rounds', quick ? 1 : 5), number('seconds', quick ? 1 : 2)];
const parts = options.only.split(',');
const unknown = parts.find(part => !PARTS.includes(part));
if (unknown !== undefined) throw new Error(`there is no part '${unknown}'; the parts are: ${PARTS.join(', ')}`);

/** Sessions that are active at once; the first of them are in rotation elsewhere. */
const MANY = quick ? 20_000 : 100_000;
process.once('SIGINT', () => process.exit(130)).once('SIGTERM', () => process.exit(143));
process.setMaxListeners(100);

install();
const programs = build(options.binaries);
const directory = mkdtempSync(path.join(tmpdir(), 'bench-gateway-'));
process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
const running = [];
const keep = one => (running.push(one), one);
const say = text => console.error(`${new Date().toISOString().slice(11, 19)} ${text}`);
const measured = {};
try {
  const load = loadavg()[0];
  const proxies = parts.some(part => ['path', 'streams', 'tokens'].includes(part));
  if (proxies) {
    const checker = keep(await watch());
    const echo = keep(await backend(directory, checker.port));
    const settings = await configuration(directory, echo.port);
    const ours = keep(await gateway(programs.gateway, directory, settings, 0));
    await checker.learn(ours);
    say(`signing ${MANY} tokens`);
    const all = path.join(directory, 'tokens');
    const lines = sign(programs.tokens, settings.env, 'access', MANY);
    writeFileSync(all, `${lines.join('\n')}\n`);
    const key = path.join(directory, 'key.pem');
    await publicKey(ours, key);
    measured.tokenBytes = lines[0].split(' ')[0].length;

    if (parts.includes('path')) {
      say('the data path');
      const targets = [{ name: 'none', port: echo.port }];
      for (const [name, start] of Object.entries(PEERS)) {
        targets.push({ name, ...keep(await start(directory, echo.port, { key, authority: echo.authority })) });
      }
      targets.push({ name: 'gateway', ours: true, ...ours });
      measured.path = await dataPath(targets, { rounds, seconds, directory, tokens: all, checker });
    }
    if (parts.includes('tokens')) {
      say('tokens');
      measured.verification = verification();
      await checker.watch(true);
      measured.many = MANY;
      // Enough for a second of each round, as the sessions of the data path get them when they refresh.
      const fresh = { file: path.join(directory, 'fresh'), count: 15_000 * rounds };
      writeFileSync(fresh.file, `${sign(programs.tokens, settings.env, 'access', fresh.count, WARM).join('\n')}\n`);
      measured.tokens = await tokens(ours, all, MANY, fresh, { rounds, seconds, directory });
    }
    if (parts.includes('streams')) {
      say('streams');
      const few = lines.slice(0, WARM).map(line => line.split(' '));
      const names = ['nginx, plain', 'HAProxy, plain', 'HAProxy, jwt_verify ES256', 'gateway'];
      // The same database, and with it the same keys.
      const again = { ...settings, env: { ...settings.env, GATEWAY_BACKEND_URL: `http://127.0.0.1:${checker.port}` } };
      await ours.stop();
      const start = async name => {
        await checker.watch(name === 'gateway');
        if (name === 'gateway') return gateway(programs.gateway, directory, again, 0);
        return PEERS[name](directory, checker.port, { key });
      };
      const numbers = { rounds, bursts: quick ? 20 : 60 };
      measured.events = await events(names, start, few, checker, numbers);
      measured.idle = await idle(names, start, few);
    }
    measured.checked = await checker.settle(true);
    if (measured.checked === 0) throw new Error('no request that the gateway passed on was looked at');
  }
  for (const [part, measure] of Object.entries({ loss, control, whole, start: startUp })) {
    if (!parts.includes(part)) continue;
    say(part);
    measured[part] = await measure(programs, { rounds, seconds, directory, quick });
  }
  const machine = { cores: cpus().length, model: cpus()[0].model, load };
  const peers = { nginx: version('nginx', '-v'), haproxy: version('haproxy', '-v') };
  const text = report(measured, { commit: commit(), rounds, seconds, quick, ...machine, ...peers });
  console.log(text);
  if (options.out) writeFileSync(options.out, text);
} finally {
  for (const one of running.reverse()) await one.stop();
}
