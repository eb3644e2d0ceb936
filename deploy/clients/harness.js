// The whole house as child processes: the local Peaka, the backend and the gateway, on free ports and a fresh store.
import { execFileSync } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { freePort, serve, target } from './process.js';

/** The gateway as a client of the local Peaka. */
export const CLIENT = { id: 'peaka-mcp-gateway', secret: 'standin-gateway-secret' };

/** A person whom the local Peaka knows. */
export const ADA = { email: 'ada@demo.peaka.local', password: 'analytical-engine' };

/** A program of the workspace, as the debug build left it. */
export const program = name => path.join(target, 'debug', name);
const url = port => `http://localhost:${port}`;
const address = port => `127.0.0.1:${port}`;

/** A fresh store: a file, or what production uses. Both are there in a run of the test command. */
function store(kind, directory) {
  if (kind === 'file') return { GATEWAY_DATABASE_URL: `sqlite://${directory}/gateway.db?mode=rwc` };
  const { TEST_POSTGRES_URL: postgres, TEST_REDIS_URL: redis } = process.env;
  if (!postgres || !redis) {
    throw new Error('TEST_POSTGRES_URL and TEST_REDIS_URL must be set: run `deploy/test --only clients`');
  }
  const name = `clients_${randomUUID().replaceAll('-', '')}`;
  const create = ['-q', '-d', postgres, '-c', `CREATE DATABASE ${name}`];
  execFileSync('psql', create, { stdio: ['ignore', 'inherit', 'inherit'] });
  const database = new URL(postgres);
  database.pathname = `/${name}`;
  return { GATEWAY_DATABASE_URL: database.href, GATEWAY_REDIS_URL: redis };
}

/** The fixture backend of the conformance suite, as a service. */
export async function startFixture({ behindGateway }) {
  const port = await freePort();
  const script = fileURLToPath(new URL('fixture/server.js', import.meta.url));
  const env = { FIXTURE_LISTEN: address(port), ...(behindGateway && { FIXTURE_BEHIND_GATEWAY: '1' }) };
  const name = behindGateway ? 'fixture-behind' : 'fixture';
  const fixture = await serve(name, process.execPath, [script], env, `http://${address(port)}/readyz`);
  return { ...fixture, url: `http://${address(port)}` };
}

/** A person's API keys at the local Peaka, all of them Ada's but the last, which was switched off. */
export const KEYS = {
  project: 'TqGcPrj1.5tandinProjectKeyOfTheWebShop001',
  partner: 'TqGcPrt1.5tandinPartnerKeyOfAdaLovelace01',
  disabled: 'TqGcOff1.5tandinKeyThatWasSwitchedOff0001',
};

/** The local Peaka alone, for clients that bring a key. */
export async function startPeaka() {
  const port = await freePort();
  const peaka = url(port);
  const env = { STANDIN_LISTEN: address(port), STANDIN_PUBLIC_URL: peaka };
  const service = await serve('standin', program('standin'), [], env, `${peaka}/healthz`);
  return { ...service, peaka, partnerApi: `${peaka}/api/v1` };
}

/** How long syncs take at the local Peaka from now on, also those under way. */
export async function syncMillis(peaka, milliseconds) {
  const answer = await fetch(`${peaka}/control/options`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ sync_ms: milliseconds }),
  });
  if (!answer.ok) throw new Error(`the local Peaka took no options: ${answer.status} ${await answer.text()}`);
}

/**
 * Starts everything.
 * - `store`: 'file' (SQLite, nothing else) or 'servers' (Postgres and Redis)
 * - `backend`: the URL of a backend to use in place of the real one
 * - `env`: further variables of the gateway
 */
export async function start({ store: kind = 'file', backend, env = {} } = {}) {
  const directory = mkdtempSync(path.join(tmpdir(), 'gateway-clients-'));
  const running = [];
  const stop = async () => {
    const failures = [];
    // The other way round than they were started; one that ends badly does not keep the others from ending.
    for (const service of running.reverse()) await service.stop().catch(error => failures.push(error));
    rmSync(directory, { recursive: true, force: true });
    if (failures.length > 0) throw new AggregateError(failures, failures.map(({ message }) => message).join('\n'));
  };
  const launch = async (name, variables, ready) => {
    const service = await serve(name, program(name), [], variables, ready);
    running.push(service);
    return service;
  };
  try {
    const [peakaPort, publicPort, internalPort, backendPort] = [
      await freePort(),
      await freePort(),
      await freePort(),
      await freePort(),
    ];
    const peaka = url(peakaPort);
    const issuer = url(publicPort);
    const partnerApi = `${peaka}/api/v1`;

    await launch(
      'standin',
      {
        STANDIN_LISTEN: address(peakaPort),
        STANDIN_PUBLIC_URL: peaka,
        STANDIN_CLIENT_ID: CLIENT.id,
        STANDIN_CLIENT_SECRET: CLIENT.secret,
      },
      `${peaka}/.well-known/oauth-authorization-server`,
    );
    const gateway = await launch(
      'gateway',
      {
        GATEWAY_LISTEN: address(publicPort),
        GATEWAY_INTERNAL_LISTEN: address(internalPort),
        GATEWAY_PUBLIC_URL: issuer,
        GATEWAY_MASTER_KEYS: randomBytes(32).toString('base64url'),
        GATEWAY_BACKEND_URL: backend ?? `http://${address(backendPort)}`,
        PEAKA_ISSUER: peaka,
        PEAKA_CLIENT_ID: CLIENT.id,
        PEAKA_CLIENT_SECRET: CLIENT.secret,
        PARTNER_API_BASE_URL: partnerApi,
        ...store(kind, directory),
        ...env,
      },
      `http://${address(internalPort)}/readyz`,
    );
    if (backend === undefined) {
      await launch(
        'mcp-backend',
        {
          BACKEND_LISTEN: address(backendPort),
          GATEWAY_INTERNAL_URL: `http://${address(internalPort)}`,
          GATEWAY_ISSUER: issuer,
          PARTNER_API_BASE_URL: partnerApi,
        },
        `http://${address(backendPort)}/readyz`,
      );
    }
    const output = () => running.map(service => service.output()).join('\n');
    return { issuer, resource: `${issuer}/mcp`, peaka, partnerApi, gateway, directory, output, stop };
  } catch (error) {
    await stop().catch(() => {});
    throw error;
  }
}
