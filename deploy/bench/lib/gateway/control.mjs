// The control path: one core for the gateway, the other for Postgres, the load and the stand-in.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { freePort, pinned, start } from '../process.mjs';
import { configuration, gateway, tokens } from './house.mjs';
import { postgres } from './postgres.mjs';
import { authorize, claims, PEOPLE, register, REDIRECT, signIn } from './sign-in.mjs';
import { REFRESHES, VARIED, wrk } from './wrk.mjs';

/** Sessions of one measurement, each refreshed many times: the first refresh of a day is noted, which is a commit more. */
const SESSIONS = 64;

/** A gateway on Postgres with the stand-in; on cores of their own if `apart`. */
export async function house(programs, directory, running, backend, apart) {
  const database = await postgres(directory, apart ? 1 : undefined);
  running.push(database);
  const peaka = await freePort();
  const program = apart ? pinned(1, programs.standin, []) : [programs.standin, []];
  const partner = await start(...program, { STANDIN_LISTEN: `127.0.0.1:${peaka}`, RUST_LOG: 'error' }, peaka, directory);
  running.push(partner);
  const settings = await configuration(directory, backend, {
    GATEWAY_DATABASE_URL: database.url,
    // Each request of the load comes from an address of its own.
    GATEWAY_TRUSTED_PROXIES: '127.0.0.0/8',
    PEAKA_ISSUER: `http://127.0.0.1:${peaka}`,
    PARTNER_API_BASE_URL: `http://127.0.0.1:${peaka}/api/v1`,
  });
  const ours = await gateway(programs.gateway, directory, settings, apart ? 0 : undefined);
  running.push(ours);
  return { database, ours, standin: partner, peaka, url: settings.env.GATEWAY_PUBLIC_URL, env: settings.env };
}

/** Rows for the sessions of refresh tokens, as if `client` had begun them just now. */
function begin(database, lines, client) {
  const [now, later] = [Date.now(), Date.now() + 86_400_000];
  const rows = lines.map((line, index) => {
    const text = [line.split(' ')[1], `bench-${index}`, `bench-${index}@example.com`, client, 'Bench', REDIRECT];
    return `(${[...text, 'peaka:read', 'bench'].map(value => `'${value}'`).join(', ')}, 'none', 1, ${now}, ${now}, ${later}, ${later})`;
  });
  database.query(
    'INSERT INTO sessions (id, subject, email, client_id, client_name, redirect_uri, scopes, resource, credential_id, ' +
      `generation, created_at_ms, refreshed_at_ms, idle_expires_at_ms, expires_at_ms) VALUES ${rows.join(',\n')}; ANALYZE;`,
  );
}

const commits = async database => {
  // Its processes tell what they counted once a second at most.
  await pause(1500);
  return Number(database.query('SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()'));
};

export async function control(programs, { rounds, seconds, directory }) {
  const running = [];
  try {
    const { database, ours, url, env } = await house(programs, directory, running, 9, true);
    const load = (at, script, what = {}) =>
      wrk(at, script, { seconds, connections: 32, directory, pid: ours.pid, ...what });
    const figures = { refresh: [], register: [], authorize: [], exchange: [] };

    const client = await register(url);
    const lines = tokens(programs.tokens, env, 'refresh', SESSIONS * (rounds + 1));
    begin(database, lines, client);
    const file = path.join(directory, 'refresh-tokens');
    writeFileSync(file, `${lines.join('\n')}\n`);
    const before = await commits(database);
    let refreshed = 0;
    for (let round = 0; round <= rounds; round++) {
      const script = REFRESHES(file, client, { count: SESSIONS, skip: round * SESSIONS });
      const result = await load(url, script, round === 0 ? { seconds: 1 } : {});
      refreshed += result.requests;
      if (round > 0) figures.refresh.push(result);
    }
    const each = ((await commits(database)) - before) / refreshed;

    const metadata = JSON.stringify({ client_name: 'Bench', redirect_uris: [REDIRECT] });
    const registration = VARIED('POST', '/oauth/register', { 'Content-Type': 'application/json' }, [metadata]);
    const authorization = VARIED('GET', authorize('', client).replace('resource=', `resource=${encodeURIComponent(url)}`), {}, ['']);
    const sessions = [];
    for (const person of PEOPLE) sessions.push((await signIn(url, client, person)).access_token);
    const form = identity =>
      new URLSearchParams({
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
        subject_token: identity,
      }).toString();
    for (let round = 0; round < rounds; round++) {
      figures.register.push(await load(url, registration));
      figures.authorize.push(await load(url, authorization));
      // An identity lives for a minute: those of this round are of this round.
      const identities = sessions.flatMap(token => {
        const { sid, sub, client_id } = claims(token);
        return tokens(programs.tokens, env, 'identity', 16, sid, sub, client_id);
      });
      const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
      const exchange = VARIED('POST', '/internal/token', headers, identities.map(form));
      figures.exchange.push(await load(`http://127.0.0.1:${ours.internal}`, exchange));
    }
    return { ...figures, commits: each };
  } finally {
    for (const process of running.reverse()) await process.stop();
  }
}
