// A client without a library: it registers, sends the person to the browser and redeems what comes back.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';

import { ADA } from './harness.js';

export const metadataOf = async house => {
  const answer = await fetch(`${house.issuer}/.well-known/oauth-authorization-server`);
  assert.equal(answer.status, 200);
  return answer.json();
};

/** RFC 7591: registers a public client with these redirect URIs. */
export async function register(house, redirectUris, more = {}) {
  const { registration_endpoint: endpoint } = await metadataOf(house);
  const body = JSON.stringify({
    client_name: 'Client test',
    redirect_uris: redirectUris,
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
    ...more,
  });
  const answer = await fetch(endpoint, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  assert.equal(answer.status, 201, await answer.clone().text());
  return answer.json();
}

/** An authorization request with PKCE (RFC 7636), and what belongs to it. */
export async function authorization(house, clientId, redirectUri, more = {}) {
  const verifier = randomBytes(32).toString('base64url');
  const state = randomBytes(16).toString('base64url');
  const url = new URL((await metadataOf(house)).authorization_endpoint);
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    state,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    resource: house.resource,
    ...more,
  });
  return { url: url.href, verifier, state };
}

/** The whole way, in a browser: gives the token response. */
export async function signIn({ house, browser, callback }) {
  const { client_id: clientId } = await register(house, [callback.url]);
  const request = await authorization(house, clientId, callback.url);
  const { result: returned } = await browser.walk(request.url, ADA, callback.next());
  assert.equal(returned.get('state'), request.state);
  assert.equal(returned.get('iss'), house.issuer);
  const answer = await fetch((await metadataOf(house)).token_endpoint, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code: returned.get('code') ?? '',
      redirect_uri: callback.url,
      client_id: clientId,
      code_verifier: request.verifier,
      resource: house.resource,
    }),
  });
  assert.equal(answer.status, 200, await answer.clone().text());
  return answer.json();
}
