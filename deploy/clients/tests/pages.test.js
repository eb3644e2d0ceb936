// What people do at our pages: narrow what is asked, change their mind, press twice, use no mouse, end what they allowed.
import assert from 'node:assert/strict';
import test from 'node:test';

import { Browser } from '../browser.js';
import { listed, setUp } from '../journey.js';
import { aClient, atPeaka, call, meddle, overflow, returned, toConsent } from '../pages.js';
import { until } from '../process.js';

const SQL = { name: 'peaka_execute_sql_query', args: projectId => ({ projectId, query: 'SELECT 1' }) };

test('people and our pages', async t => {
  const { house, browser, callback } = await setUp(t, { store: 'file', env: { GATEWAY_ACCESS_TOKEN_SECONDS: '900' } });
  const client = await aClient(house, callback);
  const page = await browser.newPage();
  const tooOld = page.getByRole('heading', { name: 'This page is too old, or was answered already' });

  await t.test('with the keyboard alone', async () => {
    const request = await client.ask();
    await page.goto(request.url);
    const tabTo = async locator => {
      for (let presses = 0; presses < 80; presses++) {
        if (await locator.evaluate(element => element === document.activeElement)) return;
        await page.keyboard.press('Tab');
      }
      assert.fail('the keyboard does not get there');
    };
    await tabTo(page.getByRole('button', { name: 'Continue with Peaka' }));
    await page.keyboard.press('Enter');
    const allow = page.getByRole('button', { name: 'Allow' });
    await atPeaka(page, allow);
    await tabTo(page.getByRole('checkbox', { name: 'Make changes' }));
    await page.keyboard.press('Space');
    assert.equal(await page.getByRole('checkbox', { name: 'Make changes' }).isChecked(), false);
    await tabTo(allow);
    await page.keyboard.press('Enter');
    const { scope } = await client.redeem(request, await returned(page, callback));
    assert.equal(scope, 'peaka:read peaka:query');
  });

  await t.test('what is narrowed is refused, and a step up asks for it', async () => {
    const first = await client.ask();
    let allow = await toConsent(page, first.url);
    for (const name of ['Make changes', 'Run queries']) await page.getByRole('checkbox', { name }).uncheck();
    await page.getByRole('radio', { name: 'Only these' }).check();
    const boxes = page.locator('input[name=project]');
    const [inside, outside] = [await boxes.first().inputValue(), await boxes.last().inputValue()];
    assert.notEqual(inside, outside);
    await page.locator('details:has(input[name=project])').evaluateAll(all => all.forEach(one => (one.open = true)));
    await boxes.first().check();
    await allow.click();
    const narrow = (await client.redeem(first, await returned(page, callback))).access_token;

    const seen = await call(house, narrow, 'peaka_list_catalogs', { projectId: inside });
    assert.equal(seen.status, 200);
    assert.ok(!(await seen.json()).result.isError);
    const elsewhere = await call(house, narrow, 'peaka_list_catalogs', { projectId: outside });
    const refused = elsewhere.status === 200 ? (await elsewhere.json()).result.isError : elsewhere.status === 403;
    assert.ok(refused, 'a project that was not picked is out of reach');

    const challenged = await call(house, narrow, SQL.name, SQL.args(inside));
    assert.equal(challenged.status, 403);
    const challenge = challenged.headers.get('www-authenticate');
    assert.match(challenge, /error="insufficient_scope"/);
    const [, scope] = /scope="([^"]+)"/.exec(challenge);
    assert.match(scope, /peaka:query/);

    const second = await client.ask({ scope });
    allow = await toConsent(page, second.url);
    await allow.click();
    const wide = (await client.redeem(second, await returned(page, callback))).access_token;
    const ran = await call(house, wide, SQL.name, SQL.args(inside));
    assert.equal(ran.status, 200);
    assert.ok(!(await ran.json()).result.isError);
  });

  await t.test('a page that is too old says so', async () => {
    const allow = await toConsent(page, (await client.ask()).url);
    meddle(house, "UPDATE authorizations SET expires_at_ms = 0 WHERE stage = 'signed_in'");
    await allow.click();
    await tooOld.waitFor();
    assert.match(await page.locator('main').innerText(), /Start again from the app/);
  });

  await t.test('the back button cannot answer twice', async () => {
    const allow = await toConsent(page, (await client.ask()).url);
    const arrived = callback.next();
    await allow.click();
    assert.ok((await arrived).get('code'));
    await page.getByText('Back at the client.').waitFor();
    await page.goBack();
    // Chromium may go to the page that navigated, which leads forward again, or to the consent, which is over.
    await tooOld.or(page.getByText('Back at the client.')).first().waitFor();
    if (await tooOld.isVisible()) return;
    const again = await callback.next();
    assert.equal(again.get('code'), (await arrived).get('code'), 'the same code, which redeems once');
  });

  await t.test('two tabs do not disturb each other', async () => {
    const tab = await browser.newPage();
    const [one, two] = [await client.ask(), await client.ask()];
    const first = await toConsent(page, one.url);
    const second = await toConsent(tab, two.url);
    await second.click();
    const returnedSecond = await returned(tab, callback);
    await first.click();
    const returnedFirst = await returned(page, callback);
    assert.equal(returnedSecond.get('state'), two.state);
    assert.equal(returnedFirst.get('state'), one.state);
    await client.redeem(one, returnedFirst);
    await client.redeem(two, returnedSecond);
    await tab.close();
  });

  await t.test('a double click is one answer', async () => {
    const request = await client.ask();
    const allow = await toConsent(page, request.url);
    await allow.dblclick({ noWaitAfter: true });
    // Whichever of the two the browser stays with: the code came once, or the second press was told so.
    const came = callback.next();
    const outcome = await Promise.race([came.then(() => 'code'), tooOld.waitFor().then(() => 'told')]);
    if (outcome === 'told') return;
    await client.redeem(request, await came);
    await page.getByText('Back at the client.').waitFor();
  });

  await t.test('many projects are searched without a script', async () => {
    const plain = await Browser.open({ javaScriptEnabled: false });
    t.after(() => plain.close());
    const still = await plain.newPage();
    const request = await client.ask();
    await toConsent(still, request.url);
    await still.getByRole('radio', { name: 'Only these' }).check();
    const search = still.getByRole('searchbox');
    await search.waitFor();
    const name = (await still.locator('.projects label').first().innerText()).trim();
    await search.fill(name.toUpperCase());
    await search.press('Enter');
    await still.locator('.projects label').first().waitFor();
    assert.equal((await still.locator('.projects label').first().innerText()).trim(), name);
    await still.locator('input[name=project]').first().check();
    await still.locator('button[value=approve]').click();
    assert.ok((await returned(still, callback)).get('code'));
  });

  await t.test('who is asked can be somebody else', async () => {
    const request = await client.ask();
    const allow = await toConsent(page, request.url);
    await page.getByRole('button', { name: 'Switch account' }).click();
    await page.locator('input[name=password]').waitFor();
    await atPeaka(page, allow);
    await allow.click();
    await client.redeem(request, await returned(page, callback));
  });

  await t.test('connected apps: seen, counted, ended', async () => {
    const named = await aClient(house, callback, { client_name: 'An app to end' });
    const request = await named.ask();
    await (await toConsent(page, request.url)).click();
    const { access_token: token } = await named.redeem(request, await returned(page, callback));
    assert.equal((await call(house, token, 'peaka_list_projects', {})).status, 200);

    await page.goto(`${house.issuer}/account`);
    const section = page.getByRole('article', { name: 'An app to end' });
    await section.waitFor();
    await until('the call is counted', 30, async () => {
      await page.reload();
      return (await section.innerHTML()).includes('<code>peaka_list_projects</code> <span>1</span>');
    });
    assert.match(await section.innerText(), /Chrome, Linux/);
    await section.getByRole('button', { name: 'Disconnect An app to end' }).click();
    await page.getByRole('status').waitFor();
    assert.equal((await listed(house.resource, token)).status, 401);
    assert.equal(await section.count(), 0);
    assert.match(await page.locator('.events').innerText(), /You disconnected An app to end/);

    await page.getByRole('button', { name: 'Disconnect all apps' }).click();
    await page.getByText('No app is connected').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Sign in with Peaka' }).click();
    await atPeaka(page, page.getByText('No app is connected'));
  });

  await t.test('nothing is wider than the narrowest phone', async () => {
    await page.setViewportSize({ width: 320, height: 640 });
    for (const path of ['/', '/account', '/oauth/authorize']) {
      await page.goto(`${house.issuer}${path}`);
      await page.locator('details').evaluateAll(all => all.forEach(one => (one.open = true)));
      assert.equal(await overflow(page), 0, path);
    }
    await toConsent(page, (await client.ask()).url);
    await page.getByRole('radio', { name: 'Only these' }).check();
    await page.locator('details').evaluateAll(all => all.forEach(one => (one.open = true)));
    assert.equal(await overflow(page), 0, 'consent');
  });
});
