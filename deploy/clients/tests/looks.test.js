// How every page looks, in both languages, light and dark, on a phone and a desktop: pictures for people to look at in
// target/test/pages, and what a machine can judge of them: axe's rules, a width that fits, nothing from elsewhere.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';

import { AxeBuilder } from '@axe-core/playwright';

import { Browser } from '../browser.js';
import { setUp } from '../journey.js';
import { aClient, overflow, returned, toConsent } from '../pages.js';
import { target } from '../process.js';
import { publish } from '../publisher.js';
import { authorization, metadataOf, register } from '../sign-in.js';

const SIZES = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 900 } };
const folder = path.join(target, 'test', 'pages');

/** Everything folded is unfolded, so that it is judged, too. */
const unfold = page => page.locator('details').evaluateAll(all => all.forEach(one => (one.open = true)));

/** A client whose page is interesting: many projects are offered, some are picked. */
const pickSome = async page => {
  await page.locator('input[value=some]').check();
  await page.locator('details:has(input[name=project])').evaluateAll(all => all.forEach(one => (one.open = true)));
  await page.locator('input[name=project]').first().check();
};

/** A client of a web site whose person wants their decision to be remembered. */
async function letInAndRemembered(t, { house, browser }) {
  const redirect = 'https://app.example.com/callback';
  const { client_id: id } = await register(house, [redirect], { client_name: 'Quarterly reports' });
  const ask = async () => (await authorization(house, id, redirect)).url;
  // Elsewhere, as the answer leads to a site that is not there.
  const page = await browser.newContextPage();
  t.after(() => page.close());
  await page.route('https://app.example.com/**', route => route.fulfill({ body: 'Back at the app.' }));
  const allow = await toConsent(page, await ask());
  await page.locator('input[name=remember]').check();
  await allow.click();
  await page.getByText('Back at the app.').waitFor();
  return { ask };
}

/** Clients whose hosts vouch for them: one of a well-known vendor, one of nobody in particular. */
const PUBLISHED = {
  'https://claude.ai/oauth/client.json': {
    client_name: 'Claude',
    redirect_uris: ['https://claude.ai/api/mcp/auth_callback'],
  },
  'https://reports.example.com/mcp/client.json': {
    client_name: 'Quarterly reports',
    redirect_uris: ['https://reports.example.com/callback'],
  },
};

/** Lets the published client with this id in, so that it is among the connected apps. */
async function letInPublished(t, { house, browser }, id) {
  const redirect = PUBLISHED[id].redirect_uris[0];
  const request = await authorization(house, id, redirect);
  const page = await browser.newContextPage();
  t.after(() => page.close());
  await page.route(`${new URL(redirect).origin}/**`, route => route.fulfill({ body: 'Back at the app.' }));
  await (await toConsent(page, request.url)).click();
  await page.getByText('Back at the app.').waitFor();
  const body = new URLSearchParams({
    grant_type: 'authorization_code',
    code: new URL(page.url()).searchParams.get('code'),
    redirect_uri: redirect,
    client_id: id,
    code_verifier: request.verifier,
  });
  const answer = await fetch((await metadataOf(house)).token_endpoint, { method: 'POST', body });
  assert.equal(answer.status, 200, await answer.clone().text());
}

/** What a device is told that shows its person a code. */
async function aDevice(house) {
  const grant = 'urn:ietf:params:oauth:grant-type:device_code';
  const { client_id } = await register(house, ['http://127.0.0.1/callback'], {
    client_name: 'Television',
    grant_types: ['authorization_code', 'refresh_token', grant],
  });
  const { device_authorization_endpoint: endpoint } = await metadataOf(house);
  const answer = await fetch(endpoint, { method: 'POST', body: new URLSearchParams({ client_id }) });
  assert.equal(answer.status, 200, await answer.clone().text());
  return answer.json();
}

/** Presses the button of the page at this address. */
const enter = async (page, address) => {
  await page.goto(address);
  await Promise.all([page.waitForEvent('load'), page.locator('button.primary').click()]);
};

test('every page, in every dress', async t => {
  mkdirSync(folder, { recursive: true });
  const { house, callback } = await setUp(t, { store: 'file', env: await publish(t, PUBLISHED) });
  const browser = await Browser.open();
  t.after(() => browser.close());
  const page = await browser.newPage();
  const strangers = new Set();
  page.on('request', request => {
    const { origin } = new URL(request.url());
    if (![house.issuer, house.peaka, new URL(callback.url).origin].includes(origin)) strangers.add(request.url());
  });

  const hosted = await register(house, ['https://claude.ai/api/mcp/auth_callback'], { client_name: 'Claude' });
  const ask = async () => (await authorization(house, hosted.client_id, 'https://claude.ai/api/mcp/auth_callback')).url;
  const local = await aClient(house, callback, { client_name: 'Inspector of a rather long and winding name, version 2' });

  // Something to look at under "Connected apps".
  await page.goto(`${house.issuer}/account`);
  for (let n = 0; n < 2; n++) {
    const request = await local.ask();
    const allow = await toConsent(page, request.url);
    if (n > 0) await pickSome(page);
    await allow.click();
    await local.redeem(request, await returned(page, callback));
  }
  const stranger = await browser.newContextPage();
  t.after(() => stranger.close());

  const consent = await (async () => {
    await toConsent(page, await ask());
    return page.url();
  })();
  const forClaude = await ask();
  const [vendor, publisher] = Object.keys(PUBLISHED);
  const askPublished = async id => (await authorization(house, id, PUBLISHED[id].redirect_uris[0])).url;
  await letInPublished(t, { house, browser }, vendor);
  const consentToPublished = await (async () => {
    await toConsent(page, await askPublished(vendor));
    return page.url();
  })();
  const again = await letInAndRemembered(t, { house, browser });
  const device = await aDevice(house);
  const pages = {
    connect: { on: page, visit: on => on.goto(`${house.issuer}/`) },
    'connect-open': { on: page, visit: async on => (await on.goto(`${house.issuer}/`), unfold(on)) },
    ask: { on: page, visit: on => on.goto(forClaude) },
    'ask-verified': { on: page, visit: async on => on.goto(await askPublished(publisher)) },
    'ask-known': { on: page, visit: async on => on.goto(await askPublished(vendor)) },
    'ask-loopback': { on: page, visit: async on => on.goto((await local.ask()).url) },
    'ask-again': { on: page, visit: async on => (await on.goto('about:blank'), on.goto(await again.ask())) },
    device: { on: page, visit: on => on.goto(device.verification_uri) },
    'device-code': { on: page, visit: on => on.goto(device.verification_uri_complete) },
    'device-ask': { on: page, visit: on => enter(on, device.verification_uri_complete) },
    'error-device': { on: page, visit: on => enter(on, `${device.verification_uri}?user_code=BCDF-GHJK`) },
    consent: { on: page, visit: on => on.goto(consent) },
    'consent-known': { on: page, visit: on => on.goto(consentToPublished) },
    'consent-open': { on: page, visit: async on => (await on.goto(consent), await pickSome(on), unfold(on)) },
    account: { on: page, visit: on => on.goto(`${house.issuer}/account`) },
    'account-open': { on: page, visit: async on => (await on.goto(`${house.issuer}/account?ended=1`), unfold(on)) },
    'account-sign-in': { on: stranger, visit: on => on.goto(`${house.issuer}/account`) },
    'error-unknown-app': {
      on: page,
      visit: on => on.goto(`${house.issuer}/oauth/authorize?client_id=pkm_client_nobody&response_type=code`),
    },
    'error-of-the-app': { on: page, visit: on => on.goto(forClaude.replace('code_challenge_method=S256', 'x=y')) },
    'error-too-old': { on: page, visit: on => on.goto(`${house.issuer}/oauth/consent?authorization=spent`) },
  };

  for (const language of ['en', 'tr']) {
    for (const on of [page, stranger]) await on.goto(`${house.issuer}/?lang=${language}`);
    for (const scheme of ['light', 'dark']) {
      for (const [size, viewport] of Object.entries(SIZES)) {
        await t.test(`${language}, ${scheme}, ${size}`, async () => {
          for (const [name, { on, visit }] of Object.entries(pages)) {
            await on.setViewportSize(viewport);
            await on.emulateMedia({ colorScheme: scheme });
            await visit(on);
            assert.equal(await on.locator('html').getAttribute('lang'), language, name);
            assert.equal(await overflow(on), 0, `${name} can be scrolled sideways`);
            await on.screenshot({ path: path.join(folder, `${name}-${language}-${scheme}-${size}.png`), fullPage: true });
            // Folded or not, long or wide, axe sees the same words: one size of each suffices.
            if (size === 'desktop') continue;
            const { violations, incomplete } = await new AxeBuilder({ page: on }).analyze();
            // Text in the very colour of its ground is a riddle to axe, not a violation.
            const riddles = incomplete.filter(({ id }) => id === 'color-contrast');
            const told = [...violations, ...riddles].map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
            assert.deepEqual(told, [], name);
          }
        });
      }
    }
  }
  assert.deepEqual([...strangers], [], 'a page asks somebody else for something');
});
