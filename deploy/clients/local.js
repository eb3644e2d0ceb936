// A client that starts the server itself and talks to it over standard input and output, as desktop clients do.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';

import { program } from './harness.js';

/** An empty directory that goes with the test. */
export function emptyDirectory(t) {
  const directory = mkdtempSync(path.join(tmpdir(), 'local-client-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/**
 * A connected client. `command` is the server's command line, `env` what a person sets for it, `mode` which revision to
 * speak: 'auto' asks the server, 'legacy' keeps to the handshake. `log()` tells what it wrote to standard error.
 */
export async function openLocal(t, { env, cwd = emptyDirectory(t), command, mode = 'auto' }) {
  const [file, ...args] = command ?? [program('mcp-backend'), 'stdio'];
  const transport = new StdioClientTransport({ command: file, args, cwd, env, stderr: 'pipe' });
  let log = '';
  transport.stderr.on('data', text => (log += text));
  const client = new Client({ name: 'client-test', version: '0' }, { versionNegotiation: { mode } });
  // Called once for each thing on standard output that is no message of the protocol, among others.
  const errors = [];
  client.onerror = error => errors.push(error);
  await client.connect(transport);
  t.after(async () => {
    await client.close();
    assert.deepEqual(errors, []);
  });
  return { client, log: () => log };
}
