// What is packed works where it is installed: a clean directory, no network. Needs a built program: set
// MCP_BACKEND_BINARY, or have target/debug/mcp-backend.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { Client } from './client.mjs';
import { PARTNER_KEY, PROJECT_KEY, startStub } from './stub.mjs';

const NPM = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const BINARY = process.env.MCP_BACKEND_BINARY ?? resolve(NPM, '../../target/debug/mcp-backend');
const work = mkdtempSync(join(tmpdir(), 'peaka-npm-test-'));
const packed = join(work, 'packed');
const clean = join(work, 'clean');
let peaka;

const run = (command, args, options) => execFileSync(command, args, { encoding: 'utf8', ...options });
const environment = (more) => ({ PATH: process.env.PATH, HOME: work, npm_config_cache: join(work, 'cache'), ...more });

before(async () => {
  peaka = await startStub();
  run('node', [join(NPM, 'build.mjs'), '--binary', BINARY, '--out', packed]);
  run('mkdir', ['-p', clean]);
  writeFileSync(join(clean, 'package.json'), '{"private":true}');
  const tarballs = readdirSync(packed).filter((name) => name.endsWith('.tgz')).map((name) => join(packed, name));
  assert.equal(tarballs.length, 2);
  run('npm', ['install', '--offline', '--no-audit', '--no-fund', ...tarballs], { cwd: clean, env: environment() });
});

after(async () => {
  await peaka?.stop();
  rmSync(work, { recursive: true });
});

const start = (env, args = []) =>
  new Client('npx', ['--no-install', 'peaka-mcp-server', ...args], { cwd: clean, env: environment(env) });

test('without a key it starts, lists the tools and says what to set', async () => {
  const client = start({});
  const { serverInfo } = await client.open();
  assert.equal(serverInfo.version, JSON.parse(readFileSync(join(NPM, 'package/package.json'))).version);
  assert.equal((await client.ask('tools/list')).tools.length, 32);
  const told = await client.call('peaka_list_projects');
  assert.match(told.content[0].text, /PEAKA_API_KEY/);
  assert.deepEqual(await client.close(), [0, null]);
});

test('a Project key has its one project, which need not be named', async () => {
  const client = start({ PEAKA_API_KEY: PROJECT_KEY, PARTNER_API_BASE_URL: peaka.url });
  await client.open();
  const { projects } = (await client.call('peaka_list_projects')).structuredContent;
  assert.deepEqual(projects, [{ projectId: 'mtKDhe1U', projectName: 'Orders' }]);
  const { catalogs } = (await client.call('peaka_list_catalogs')).structuredContent;
  assert.equal(catalogs[0].name, 'peaka');
  await client.close();
});

test('a Partner key has every project of every workspace of every organization', async () => {
  const client = start({ PEAKA_API_KEY: PARTNER_KEY, PARTNER_API_BASE_URL: peaka.url });
  await client.open();
  const { projects } = (await client.call('peaka_list_projects')).structuredContent;
  assert.deepEqual(projects.map(({ projectId }) => projectId), ['mtKDhe1U', 'bbbbbbbb', 'cccccccc']);
  const unnamed = await client.call('peaka_list_catalogs');
  assert.equal(unnamed.isError, true);
  const named = await client.call('peaka_list_catalogs', { projectId: 'mtKDhe1U' });
  assert.equal(named.structuredContent.catalogs.length, 1);
  await client.close();
});

test('other commands, exit codes and signals get through', async () => {
  const bin = join(clean, 'node_modules/.bin/peaka-mcp-server');
  assert.match(run(bin, ['--version'], { env: environment() }), /^mcp-backend \d+\.\d+\.\d+/);
  assert.throws(() => run(bin, ['no-such-command'], { env: environment(), stdio: 'pipe' }), { status: 2 });
  const client = new Client(bin, [], { cwd: clean, env: environment() });
  await client.open();
  client.child.kill('SIGTERM');
  assert.deepEqual(await client.ended, [0, null], 'the program ends in peace, and so does the launcher');
});

test('without the package for the platform it says how to get it', () => {
  const launcher = join(NPM, 'package/bin/peaka-mcp-server.js');
  const fails = (env, reason) =>
    assert.throws(() => run('node', [launcher], { env: environment(env), stdio: 'pipe' }), (error) => {
      assert.equal(error.status, 1);
      assert.match(error.stderr, reason);
      return true;
    });
  fails({}, /@peaka\/mcp-server-\S+ is not installed.*optional/);
  fails({ PEAKA_MCP_BINARY: '/no/such/file' }, /names a file that is not there/);
});

test('the bundle holds a program that runs as its manifest says', async () => {
  const [bundle] = readdirSync(packed).filter((name) => name.endsWith('.mcpb'));
  const directory = join(work, 'bundle');
  // unzip, unlike Python's library, keeps modes; here they are read from the archive.
  const script = `
import os, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as archive:
    for entry in archive.infolist():
        os.chmod(archive.extract(entry, sys.argv[2]), entry.external_attr >> 16)
`;
  run('python3', ['-c', script, join(packed, bundle), directory]);
  const manifest = JSON.parse(readFileSync(join(directory, 'manifest.json')));
  assert.equal(manifest.manifest_version, '0.3');
  assert.equal(manifest.user_config.api_key.sensitive, true);
  const filled = (text) =>
    text
      .replace('${__dirname}', directory)
      .replace('${user_config.api_key}', PROJECT_KEY)
      .replace('${user_config.base_url}', peaka.url);
  const { command, args, env } = manifest.server.mcp_config;
  const values = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, filled(value)]));
  const client = new Client(filled(command), args, { cwd: work, env: environment(values) });
  await client.open();
  const { projects } = (await client.call('peaka_list_projects')).structuredContent;
  assert.equal(projects[0].projectId, 'mtKDhe1U');
  await client.close();
});
