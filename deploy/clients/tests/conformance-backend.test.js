// The official conformance suite against the real backend, through the gateway. What does not apply to it stands in
// conformance-not-applicable.json with a reason; the list is held to: no more and no less may fail.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';

import { conformance } from '../conformance.js';
import { setUp } from '../journey.js';
import { signIn } from '../sign-in.js';

/** How many scenarios each revision has: those it requires, and those that are run besides. */
const SCENARIOS = { '2026-07-28': 37 + 13, '2025-11-25': 30 + 3 };

const groups = JSON.parse(readFileSync(new URL('../conformance-not-applicable.json', import.meta.url), 'utf8'));

test('the conformance suite passes with the real backend, where it applies', async t => {
  const room = await setUp(t, { store: 'file', env: { GATEWAY_ACCESS_TOKEN_SECONDS: '900' } });
  const { access_token: token } = await signIn(room);
  const unused = new Set(groups.flatMap(({ scenarios = [], checks = {} }) => [...scenarios, ...Object.keys(checks)]));

  for (const [revision, expected] of Object.entries(SCENARIOS)) {
    await t.test(`of ${revision}`, async t => {
      const args = ['server', '--url', room.house.resource, '--requirements', revision];
      const { scenarios, output } = await conformance(args, { token, resource: room.house.resource });
      assert.equal(Object.keys(scenarios).length, expected, output);

      const { whole, partly } = listed(revision);
      const wrong = [];
      let passed = 0;
      for (const [name, checks] of Object.entries(scenarios)) {
        unused.delete(name);
        const failing = checks.filter(({ status }) => status === 'FAILURE' || status === 'WARNING');
        const known = partly[name] ?? [];
        const unknown = failing.filter(({ id }) => !known.includes(id));
        const mended = known.filter(id => !failing.some(check => check.id === id));
        // What passes has passed something: notes and skipped checks alone are no proof.
        const passes = failing.length === 0 && own(checks).some(({ status }) => status === 'SUCCESS');
        if (whole.has(name)) {
          if (passes) wrong.push(`${name} is listed as not applicable and passes: take it from the list`);
        } else if (unknown.length > 0 || (known.length === 0 && !passes)) {
          wrong.push(`${name} fails: ${JSON.stringify(checks.filter(({ status }) => status !== 'SUCCESS'), null, 2)}`);
        } else if (mended.length > 0) {
          wrong.push(`${name}: ${mended} are listed as not applicable and pass: take them from the list`);
        } else passed += 1;
      }
      assert.deepEqual(wrong, [], wrong.join('\n'));
      t.diagnostic(`${passed} of ${expected} scenarios apply and pass`);
    });
  }
  assert.deepEqual([...unused], [], 'scenarios that are listed and that the suite does not have');
});

/** The suite adds to every scenario a check of the messages on the wire, which passes without the scenario's own. */
const own = checks => (checks.length > 1 ? checks.slice(0, -1) : checks);

/** What does not apply in a revision: scenarios as a whole, and checks by scenario. */
function listed(revision) {
  const fitting = groups.filter(group => (group.revision ?? revision) === revision);
  for (const { reason } of fitting) assert.ok(reason.length > 40, 'every group says why');
  return {
    whole: new Set(fitting.flatMap(({ scenarios = [] }) => scenarios)),
    partly: Object.assign({}, ...fitting.map(({ checks = {} }) => checks)),
  };
}
