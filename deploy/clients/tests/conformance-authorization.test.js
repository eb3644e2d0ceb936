// The official conformance suite's two scenarios for authorization servers. The suite asks a person to visit a URL:
// here that is the browser.
import assert from 'node:assert/strict';
import test from 'node:test';

import { conformance } from '../conformance.js';
import { ADA } from '../harness.js';
import { setUp } from '../journey.js';
import { freePort } from '../process.js';
import { register } from '../sign-in.js';

const SCENARIOS = 2;

test('the conformance suite for authorization servers', async t => {
  const { house, browser } = await setUp(t, { store: 'file' });
  for (const revision of ['2025-11-25', '2026-07-28']) {
    await t.test(`of ${revision}`, async () => {
      const port = await freePort();
      const { client_id: clientId } = await register(house, [`http://127.0.0.1:${port}/callback`]);
      const args = ['--url', house.issuer, '--client-id', clientId, '--resource', house.resource];
      const more = ['--port', String(port), '--spec-version', revision];
      const stuck = new AbortController();
      let visit;
      const run = conformance(['authorization', ...args, ...more], {
        signal: stuck.signal,
        // The walk ends when the suite has what it waits for, which it shows by ending.
        onLine: line => {
          if (!line.startsWith(`${house.issuer}/`)) return;
          visit = browser.walk(line.trim(), ADA, run);
          visit.catch(error => stuck.abort(error));
        },
      });
      const { code, output, scenarios } = await run;
      assert.ok(visit, output);
      assert.deepEqual((await visit).complaints, []);
      assert.equal(code, 0, output);
      const names = Object.keys(scenarios);
      assert.equal(names.length, SCENARIOS, output);
      for (const [name, checks] of Object.entries(scenarios)) {
        assert.ok(checks.some(({ status }) => status === 'SUCCESS'), `${name} checks nothing\n${output}`);
        assert.deepEqual(checks.filter(({ status }) => status !== 'SUCCESS' && status !== 'INFO'), [], output);
      }
    });
  }
});
