// The gateway that is measured, and the tokens for it.
import { execFileSync } from 'node:child_process';
import { createPublicKey, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { freePort, pinned, start } from '../process.mjs';

/** The configuration of a gateway; `settings` go before it. */
export async function configuration(directory, backend, settings = {}) {
  const [port, internal] = [await freePort(), await freePort()];
  return {
    port,
    internal,
    env: {
      GATEWAY_PUBLIC_URL: `http://localhost:${port}`,
      GATEWAY_LISTEN: `127.0.0.1:${port}`,
      GATEWAY_INTERNAL_LISTEN: `127.0.0.1:${internal}`,
      GATEWAY_BACKEND_URL: `http://127.0.0.1:${backend}`,
      GATEWAY_DATABASE_URL: `sqlite://${path.join(directory, `gateway-${port}.db`)}?mode=rwc`,
      GATEWAY_MASTER_KEYS: randomBytes(32).toString('base64url'),
      // Nobody signs in there but where `settings` say so.
      PEAKA_ISSUER: 'http://127.0.0.1:9',
      PEAKA_CLIENT_ID: 'peaka-mcp-gateway',
      PEAKA_CLIENT_SECRET: 'standin-gateway-secret',
      LOG_FILTER: 'error',
      ...settings,
    },
  };
}

/** Starts a gateway; on `core` alone if one is given. */
export async function gateway(program, directory, { port, internal, env }, core) {
  const command = core === undefined ? [program, ['serve']] : pinned(core, program, ['serve']);
  const process = await start(...command, env, port, directory);
  return { ...process, port, internal, env };
}

/** Has `bench-tokens` print its lines, for a gateway with this configuration; gives them. */
export function tokens(program, env, ...what) {
  const { PATH, HOME } = process.env;
  const options = { env: { PATH, HOME, ...env }, encoding: 'utf8', maxBuffer: 1 << 30 };
  return execFileSync(program, what.map(String), options).trimEnd().split('\n');
}

/** Writes the public key that access tokens are verified with, as PEM. */
export async function publicKey({ port }, file) {
  const [jwk] = (await (await fetch(`http://127.0.0.1:${port}/oauth/jwks`)).json()).keys;
  writeFileSync(file, createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' }));
}

/** A number that the gateway counts, summed over its labels but those that do not hold `label`. */
export async function counted({ internal }, name, label = '') {
  const text = await (await fetch(`http://127.0.0.1:${internal}/metrics`)).text();
  const lines = text.split('\n').filter(line => line.startsWith(name) && line.includes(label));
  return lines.map(line => Number(line.split(' ').at(-1))).reduce((sum, one) => sum + one, 0);
}
