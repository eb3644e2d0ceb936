// mcp-remote: the bridge by which clients that only know local servers reach a remote one. It runs as a process of its
// own, opens the system's browser and keeps its tokens in files.
import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';

import { live, setUp } from '../journey.js';
import { freePort, until } from '../process.js';

const proxy = fileURLToPath(new URL('../node_modules/mcp-remote/dist/proxy.js', import.meta.url));

class McpRemote {
  constructor(house, flags) {
    this.house = house;
    this.flags = flags;
    this.files = path.join(house.directory, 'mcp-remote');
    this.opened = path.join(house.directory, 'opened');
    // Stands in for the system's browser: it notes what it should open.
    this.opener = path.join(house.directory, 'opener');
    writeFileSync(this.opener, `#!/bin/sh\nprintf '%s\\n' "$1" >>'${this.opened}'\n`);
    chmodSync(this.opener, 0o755);
  }

  /** The `n`th URL that was opened, counted from 0. */
  nthOpened(n) {
    return until('mcp-remote opens the browser', 30, () =>
      existsSync(this.opened) ? readFileSync(this.opened, 'utf8').split('\n').filter(Boolean)[n] : undefined,
    );
  }

  async signIn(walk) {
    const env = {
      PATH: process.env.PATH,
      HOME: this.house.directory,
      MCP_REMOTE_CONFIG_DIR: this.files,
      BROWSER: this.opener,
    };
    const args = [proxy, this.house.resource, String(await freePort()), ...this.flags];
    const transport = new StdioClientTransport({ command: process.execPath, args, env, stderr: 'pipe' });
    transport.stderr.on('data', text => (this.said = `${this.said ?? ''}${text}`));
    this.client = new Client({ name: 'mcp-remote-test', version: '0' });
    const connected = this.client.connect(transport).then(() => true);
    connected.catch(() => {});
    const url = await Promise.race([this.nthOpened(0), connected]);
    assert.equal(typeof url, 'string', `it connected without a sign-in: ${this.said}`);
    await walk(url, connected);
  }

  async tools() {
    return (await this.client.listTools()).tools;
  }

  call(name, args) {
    return this.client.callTool({ name, arguments: args });
  }

  #kept(what) {
    const directory = path.join(this.files, 'mcp-remote-v1');
    const [name] = readdirSync(directory).filter(file => file.endsWith(`_${what}.json`));
    return JSON.parse(readFileSync(path.join(directory, name), 'utf8'));
  }

  tokens() {
    return this.#kept('tokens');
  }

  clientId() {
    return this.#kept('client_info').client_id;
  }

  async endsSignedOut() {
    // It does not answer: it opens the browser and waits for the person.
    this.client.listTools().catch(() => {});
    const url = new URL(await this.nthOpened(1));
    assert.ok(url.searchParams.has('code_challenge'), url.href);
  }

  close() {
    return this.client?.close();
  }
}

for (const [name, flags] of [['as it comes', []], ['with --protocol auto', ['--protocol', 'auto']]]) {
  test(`mcp-remote ${name}`, async t => {
    const room = await setUp(t, { store: 'file' });
    const client = new McpRemote(room.house, flags);
    t.after(() => client.close());
    await live(t, { ...room, client });
  });
}
