// The life of a connection, as every client lives it: from the first contact over the sign-in to tool calls, on beyond
// the end of the access token, to the end of the grant.
import assert from 'node:assert/strict';

import { Browser } from './browser.js';
import { Callback } from './callback.js';
import { ADA, CLIENT, start } from './harness.js';
import { until } from './process.js';
import { metadataOf } from './sign-in.js';

/** A house whose access tokens are short, a browser without a history, and the client's end of the redirect. */
export async function setUp(t, options) {
  const house = await start({ ...options, env: { GATEWAY_ACCESS_TOKEN_SECONDS: '5', ...options.env } });
  t.after(() => house.stop());
  const browser = await Browser.open();
  t.after(() => browser.close());
  const callback = await Callback.listen();
  t.after(() => callback.close());
  return { house, browser, callback };
}

/** `tools/list` with a bearer, sent by nobody's library. */
export const listed = (resource, token) =>
  fetch(resource, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2025-11-25',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} }),
  });

/** A 401 that tells a client where to go: RFC 6750 §3, RFC 9728 §5.1. */
export function assertChallenge(answer, house) {
  assert.equal(answer.status, 401);
  const challenge = answer.headers.get('www-authenticate') ?? '';
  const metadata = `${house.issuer}/.well-known/oauth-protected-resource/mcp`;
  assert.match(challenge, /^Bearer /);
  assert.ok(challenge.includes(`resource_metadata="${metadata}"`), `the challenge was: ${challenge}`);
}

/** The text of a tool's answer; a tool that failed fails the test. */
function told(result) {
  const text = result.content.map(part => part.text).join('\n');
  assert.ok(!result.isError, text);
  return text;
}

/**
 * Lives through it with one client. `client` is an adapter:
 * - `signIn(walk)`: connects; `walk(url, arrived)` takes the person through the browser
 * - `tools()`, `call(name, args)`: once connected
 * - `tokens()`, `clientId()`: what the client keeps
 * - `endsSignedOut()`: makes a call that must end in a new sign-in being asked for
 */
export async function live(t, { house, browser, client }) {
  const secrets = [ADA.password, CLIENT.secret];
  const walk = async (url, arrived) => {
    const { walked, complaints, result } = await browser.walk(url, ADA, arrived);
    assert.deepEqual(walked, ['welcome', 'sign-in', 'peaka-consent', 'consent']);
    assert.deepEqual(complaints, []);
    return result;
  };
  const whoAmI = async () => {
    const { projects } = JSON.parse(told(await client.call('peaka_list_projects', {})));
    assert.ok(projects.length > 0, 'there are projects');
    const { projectId } = projects[0];
    return told(
      await client.call('peaka_execute_sql_query', { projectId, query: "SELECT current_user_props('email')" }),
    );
  };

  await t.test('connects, registers and signs in', () => client.signIn(walk));

  await t.test('sees the tools', async () => {
    const names = (await client.tools()).map(tool => tool.name);
    for (const name of ['peaka_list_projects', 'peaka_execute_sql_query']) assert.ok(names.includes(name), `${names}`);
  });

  await t.test('acts as the person who signed in', async () => assert.ok((await whoAmI()).includes(ADA.email)));

  await t.test('goes on when the access token has ended', async () => {
    const before = await client.tokens();
    // The end of a token may be tolerated for as long as two clocks may differ.
    const ended = await until('the access token ends', 120, async () => {
      const answer = await listed(house.resource, before.access_token);
      await answer.text();
      return answer.ok ? undefined : answer;
    });
    assertChallenge(ended, house);
    assert.match(ended.headers.get('www-authenticate'), /error="invalid_token"/);
    assert.ok((await whoAmI()).includes(ADA.email));
    const after = await client.tokens();
    assert.notEqual(after.access_token, before.access_token);
    assert.notEqual(after.refresh_token, before.refresh_token);
    for (const tokens of [before, after]) secrets.push(tokens.access_token, tokens.refresh_token);
  });

  await t.test('ends when the grant is revoked', async () => {
    const { access_token, refresh_token } = await client.tokens();
    const metadata = await metadataOf(house);
    const form = new URLSearchParams({
      token: refresh_token,
      token_type_hint: 'refresh_token',
      client_id: await client.clientId(),
    });
    const revoked = await fetch(metadata.revocation_endpoint, { method: 'POST', body: form });
    assert.equal(revoked.status, 200, await revoked.text());
    assertChallenge(await listed(house.resource, access_token), house);
    await client.endsSignedOut();
  });

  await t.test('leaves no secret in the logs', () => {
    const output = house.output();
    assert.ok(output.length > 0, 'there are logs');
    // The last part of a token alone would do as well to somebody who reads logs.
    const told = secrets.filter(secret => output.includes(secret) || output.includes(secret.slice(-40)));
    assert.deepEqual(told, []);
  });
}
