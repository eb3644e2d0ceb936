// The second generation of the TypeScript SDK: it asks which revision the server speaks, or keeps to the handshake.
import assert from 'node:assert/strict';
import test from 'node:test';

import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client';

import { live, setUp } from '../journey.js';
import { SdkClient } from '../sdk-client.js';

const sdk = {
  Client,
  StreamableHTTPClientTransport,
  UnauthorizedError,
  finish: (transport, returned) => transport.finishAuth(returned),
};

for (const [mode, revision] of [['auto', '2026-07-28'], ['legacy', '2025-11-25']]) {
  test(`the TypeScript SDK, 2.x, in the mode "${mode}"`, async t => {
    const room = await setUp(t, { store: 'servers' });
    const client = new SdkClient(sdk, { ...room, options: { versionNegotiation: { mode } } });
    await live(t, { ...room, client });
    assert.equal(client.revision, revision);
  });
}
