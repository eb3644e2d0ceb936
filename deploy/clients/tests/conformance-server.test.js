// The official conformance suite against the fixture backend, without and with the gateway in front of it: a client
// must not be able to tell the difference.
import assert from 'node:assert/strict';
import test from 'node:test';

import { conformance } from '../conformance.js';
import { startFixture } from '../harness.js';
import { setUp } from '../journey.js';
import { signIn } from '../sign-in.js';

/** How many scenarios a revision requires, and how many more are run without being required. */
const SCENARIOS = { '2026-07-28': 37 + 13, '2025-11-25': 30 + 3 };

/** An extension that the fixture does not speak: the same failures without and with the gateway. */
const isExtension = scenario => scenario.startsWith('server-tasks-');

/**
 * What the gateway answers by itself: it keeps no streams and no sessions, so GET and DELETE are 405, which the revision
 * allows. Neither scenario is required; nothing in them may fail.
 */
const ANSWERED_BY_THE_GATEWAY = {
  'server-server-session-lifecycle': 'ends a session with DELETE',
  'server-server-sse-polling': 'resumes a stream with GET',
};

test('the conformance suite sees no gateway', async t => {
  const direct = await startFixture({ behindGateway: false });
  t.after(() => direct.stop());
  const behind = await startFixture({ behindGateway: true });
  t.after(() => behind.stop());
  const room = await setUp(t, {
    store: 'servers',
    backend: behind.url,
    env: { GATEWAY_ACCESS_TOKEN_SECONDS: '900' },
  });
  const { access_token: token } = await signIn(room);

  for (const [revision, expected] of Object.entries(SCENARIOS)) {
    await t.test(`of ${revision}`, async () => {
      const run = (url, more) => conformance(['server', '--url', `${url}/mcp`, '--requirements', revision], more);
      const without = await run(direct.url);
      const through = await run(room.house.issuer, { token, resource: room.house.resource });
      // Against vacuous agreement: all scenarios ran, and all but the extension's passed.
      assert.equal(Object.keys(without.scenarios).length, expected, without.output);
      for (const [name, checks] of Object.entries(without.scenarios)) {
        if (isExtension(name)) continue;
        assert.ok(checks.some(({ status }) => status === 'SUCCESS'), `${name} checks nothing`);
        assert.ok(!fails(checks), JSON.stringify({ name, checks }, null, 2));
      }
      const differing = differences(without.scenarios, through.scenarios).filter(
        ({ scenario, through: checks = [] }) =>
          !(scenario in ANSWERED_BY_THE_GATEWAY) || !checks.some(({ status }) => status === 'SUCCESS') || fails(checks),
      );
      assert.deepEqual(differing, [], `the gateway said:\n${room.house.gateway.output().slice(-4000)}`);
    });
  }
  assert.doesNotMatch(behind.output(), /the gateway let through/);
});

function fails(checks) {
  return checks.some(({ status }) => status === 'FAILURE');
}

/** The scenarios whose checks or their outcomes differ. */
function differences(without, through) {
  const outcome = checks => checks?.map(({ id, status }) => `${id}: ${status}`);
  return Object.keys({ ...without, ...through })
    .filter(name => JSON.stringify(outcome(without[name])) !== JSON.stringify(outcome(through[name])))
    .map(name => ({ scenario: name, without: outcome(without[name]), through: through[name] }));
}
