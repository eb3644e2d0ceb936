// Steps through our pages that tests share: to the consent, its answer, and what a token then may do.
import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';

import { ADA } from './harness.js';
import { authorization, metadataOf, register } from './sign-in.js';

/** A registered client and its authorization requests. */
export async function aClient(house, callback, more = {}) {
  const { client_id: id } = await register(house, [callback.url], more);
  return {
    id,
    ask: parameters => authorization(house, id, callback.url, parameters),
    /** Redeems what came back for `request`. */
    async redeem(request, returned) {
      const answer = await fetch((await metadataOf(house)).token_endpoint, {
        method: 'POST',
        body: new URLSearchParams({
          grant_type: 'authorization_code',
          code: returned.get('code') ?? '',
          redirect_uri: callback.url,
          client_id: id,
          code_verifier: request.verifier,
        }),
      });
      assert.equal(answer.status, 200, await answer.clone().text());
      return answer.json();
    },
  };
}

/** Signs in at the local Peaka, whose pages are open in `page`, if it asks. */
export async function atPeaka(page, arrived) {
  const password = page.locator('input[name=password]');
  const agree = page.locator('button[value=authorize]');
  for (;;) {
    await password.or(agree).or(arrived).first().waitFor();
    if (await arrived.isVisible()) return;
    if (await password.isVisible()) {
      await page.locator('input[name=email]').fill(ADA.email);
      await password.fill(ADA.password);
      await password.press('Enter');
      await password.waitFor({ state: 'detached' });
    } else {
      await agree.click();
      await agree.waitFor({ state: 'detached' });
    }
  }
}

/** Up to the consent page. */
export async function toConsent(page, url) {
  await page.goto(url);
  await page.getByRole('button', { name: /Continue with Peaka|Peaka ile devam et/ }).click();
  const allow = page.locator('button[value=approve]');
  await atPeaka(page, allow);
  return allow;
}

/** What the client was told, once the page has come to the client as well: until then it would still move by itself. */
export async function returned(page, callback) {
  const answer = await callback.next();
  await page.getByText('Back at the client.').waitFor();
  return answer;
}

/** Calls a tool, as a client of the 2026-07-28 revision does. */
export async function call(house, token, name, args) {
  const meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientInfo': { name: 'pages', version: '0' },
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  return fetch(house.resource, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': name,
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name, arguments: args, _meta: meta },
    }),
  });
}

/** Changes the gateway's database behind its back: the one way to make a page old without waiting. */
export function meddle(house, sql) {
  const database = new DatabaseSync(`${house.directory}/gateway.db`);
  database.exec('PRAGMA busy_timeout = 5000');
  database.exec(sql);
  database.close();
}

/** How far the page can be scrolled sideways, in pixels. */
export const overflow = page =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
