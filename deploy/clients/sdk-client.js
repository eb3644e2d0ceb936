// What both generations of the TypeScript SDK have in common, as the journey wants it.
import assert from 'node:assert/strict';

import { Provider, recording } from './provider.js';

/** `sdk` is `{ Client, StreamableHTTPClientTransport, UnauthorizedError }` of either generation. */
export class SdkClient {
  exchanges = [];
  #sdk;
  #options;

  constructor(sdk, { house, callback, options = {} }) {
    this.#sdk = sdk;
    this.#options = options;
    this.house = house;
    this.callback = callback;
    this.provider = new Provider(callback.url);
  }

  #client() {
    return new this.#sdk.Client({ name: 'client-test', version: '0' }, this.#options);
  }

  #transport() {
    const options = { authProvider: this.provider, fetch: recording(this.exchanges) };
    return new this.#sdk.StreamableHTTPClientTransport(new URL(this.house.resource), options);
  }

  async signIn(walk) {
    const first = this.#transport();
    await assert.rejects(this.#client().connect(first), this.#sdk.UnauthorizedError);
    const returned = await walk(this.provider.asked[0].href, this.callback.next());
    assert.equal(returned.get('iss'), this.house.issuer);
    assert.equal(returned.get('state'), this.provider.state());
    await this.#sdk.finish(first, returned);
    this.client = this.#client();
    const transport = this.#transport();
    await this.client.connect(transport);
    this.revision = transport.protocolVersion ?? this.client.getNegotiatedProtocolVersion?.();
  }

  async tools() {
    return (await this.client.listTools()).tools;
  }

  call(name, args) {
    return this.client.callTool({ name, arguments: args });
  }

  tokens() {
    return this.provider.tokens();
  }

  clientId() {
    return this.provider.clientInformation().client_id;
  }

  async endsSignedOut() {
    const asked = this.provider.asked.length;
    this.exchanges.length = 0;
    await assert.rejects(this.tools(), this.#sdk.UnauthorizedError);
    assert.equal(this.provider.asked.length, asked + 1, 'a new sign-in is asked for');
    const refresh = this.exchanges.find(({ grant }) => grant === 'refresh_token');
    assert.equal(refresh?.status, 400, 'the refresh token is refused as dead');
  }
}
