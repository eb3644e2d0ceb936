// What only a real browser shows: policies that block a navigation, schemes that are not the web's, pages without
// scripts, and what is remembered from one visit to the next.
import assert from 'node:assert/strict';
import test from 'node:test';

import { Browser } from '../browser.js';
import { ADA } from '../harness.js';
import { setUp } from '../journey.js';
import { authorization, register } from '../sign-in.js';

test('the pages in Chromium', async t => {
  const { house, browser, callback } = await setUp(t, { store: 'file' });
  const client = await register(house, [callback.url, 'cursor://anysphere.cursor-retrieval/oauth/callback']);
  const ask = (redirectUri, more) => authorization(house, client.client_id, redirectUri, more);

  await t.test('a refusal goes back to the client', async () => {
    const request = await ask(callback.url);
    const { walked, complaints, result } = await browser.walk(request.url, ADA, callback.next(), { decision: 'deny' });
    assert.equal(walked.at(-1), 'consent');
    assert.deepEqual(complaints, []);
    assert.equal(result.get('error'), 'access_denied');
    assert.equal(result.get('state'), request.state);
    assert.equal(result.get('iss'), house.issuer);
    assert.equal(result.has('code'), false);
  });

  await t.test('who is signed in to the gateway is not sent to Peaka again', async () => {
    const { walked, result } = await browser.walk((await ask(callback.url)).url, ADA, callback.next());
    assert.ok(!walked.includes('sign-in') && !walked.includes('peaka-consent'), `${walked}`);
    assert.ok(result.get('code'));
  });

  await t.test('a client of this machine with a scheme of its own gets its answer', async () => {
    const request = await ask('cursor://anysphere.cursor-retrieval/oauth/callback');
    const { page, navigation } = await browser.watching('cursor:');
    const { complaints, result } = await browser.walk(request.url, ADA, navigation, { page });
    const returned = new URL(result).searchParams;
    assert.ok(returned.get('code'));
    assert.equal(returned.get('state'), request.state);
    // There is no program for the scheme here, and Chromium may say so; a policy must not be the reason.
    assert.deepEqual(complaints.filter(text => /polic/i.test(text)), []);
  });

  await t.test('it all works without scripts', async () => {
    const plain = await Browser.open({ javaScriptEnabled: false });
    t.after(() => plain.close());
    const request = await ask(callback.url);
    const { walked, result } = await plain.walk(request.url, ADA, callback.next());
    // Peaka need not ask again for what this person agreed to before.
    assert.deepEqual(walked.filter(name => name !== 'peaka-consent'), ['welcome', 'sign-in', 'consent']);
    assert.ok(result.get('code'));
  });
});
