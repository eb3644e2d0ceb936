// The first generation of the TypeScript SDK, which most clients of today are built on.
import test from 'node:test';

import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

import { live, setUp } from '../journey.js';
import { SdkClient } from '../sdk-client.js';

const sdk = {
  Client,
  StreamableHTTPClientTransport,
  UnauthorizedError,
  finish: (transport, returned) => transport.finishAuth(returned.get('code')),
};

test('the TypeScript SDK, 1.x', async t => {
  const room = await setUp(t, { store: 'file' });
  await live(t, { ...room, client: new SdkClient(sdk, room) });
});
