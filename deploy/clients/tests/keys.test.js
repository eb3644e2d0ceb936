// Who brings a key instead of signing in: what a Project key, a Partner key, a key that was switched off and no key at
// all give, over standard input and output, by the program itself and by the npm package, installed without a network.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

import { KEYS, program, startPeaka } from '../harness.js';
import { emptyDirectory, openLocal } from '../local.js';

const PROJECT = 'aW3k9RtQ';
const build = fileURLToPath(new URL('../../npm/build.mjs', import.meta.url));

/** Packs what is built and installs it into an empty directory; gives what starts it there. */
function install(t) {
  const work = emptyDirectory(t);
  const [packed, cwd] = [path.join(work, 'packed'), path.join(work, 'clean')];
  const env = { PATH: process.env.PATH, HOME: work, npm_config_cache: path.join(work, 'cache') };
  const stdio = ['ignore', 'pipe', 'inherit'];
  const run = (command, args, at) => execFileSync(command, args, { cwd: at, env, stdio });
  mkdirSync(cwd);
  run(process.execPath, [build, '--binary', program('mcp-backend'), '--out', packed], work);
  const tarballs = readdirSync(packed).filter(name => name.endsWith('.tgz'));
  assert.equal(tarballs.length, 2, `the launcher and one platform: ${tarballs}`);
  writeFileSync(path.join(cwd, 'package.json'), '{ "private": true }');
  const quietly = ['--offline', '--no-audit', '--no-fund'];
  run('npm', ['install', ...quietly, ...tarballs.map(name => path.join(packed, name))], cwd);
  return { cwd, env, command: ['npx', '--no-install', 'peaka-mcp-server'] };
}

const ways = { 'the program': () => ({}), 'the npm package': install };

for (const [way, prepare] of Object.entries(ways)) {
  test(`keys, with ${way}`, async t => {
    const peaka = await startPeaka();
    t.after(() => peaka.stop());
    const prepared = prepare(t);
    const open = (t, key) => {
      const set = { PARTNER_API_BASE_URL: peaka.partnerApi, ...(key && { PEAKA_API_KEY: key }) };
      return openLocal(t, { ...prepared, env: { ...prepared.env, ...set } });
    };
    const call = async ({ client }, name, args = {}) => {
      const result = await client.callTool({ name, arguments: args });
      return { ...result, text: result.content[0].text };
    };
    const gives = async (...what) => {
      const { isError, text, structuredContent } = await call(...what);
      assert.ok(!isError, text);
      return structuredContent;
    };
    const fails = async (...what) => {
      const { isError, text } = await call(...what);
      assert.ok(isError, text);
      return text;
    };
    const sql = { query: 'SELECT * FROM "peaka"."table"."about_project"' };

    await t.test('a Project key has its one project, which need not be named', async t => {
      const local = await open(t, KEYS.project);
      const { projects } = await gives(local, 'peaka_list_projects');
      assert.deepEqual(projects.map(({ projectId }) => projectId), [PROJECT]);
      const unnamed = await gives(local, 'peaka_execute_sql_query', sql);
      assert.ok(JSON.stringify(unnamed.rows).includes(PROJECT), JSON.stringify(unnamed));
      assert.deepEqual(await gives(local, 'peaka_execute_sql_query', { ...sql, projectId: PROJECT }), unnamed);
      assert.match(await fails(local, 'peaka_list_catalogs', { projectId: 'mS5uWt2H' }), /does not allow/);
      assert.ok(!local.log().includes(KEYS.project.slice(-20)));
    });

    await t.test('a Partner key has all projects of all organizations and workspaces', async t => {
      const local = await open(t, KEYS.partner);
      const { projects, problems } = await gives(local, 'peaka_list_projects');
      const number = member => new Set(projects.map(project => project[member])).size;
      assert.equal(problems, undefined);
      assert.equal(number('projectId'), 24);
      assert.ok(number('organizationName') > 1 && number('workspaceName') > number('organizationName'));
      for (const { projectId } of projects) {
        const { rows } = await gives(local, 'peaka_execute_sql_query', { ...sql, projectId });
        assert.ok(JSON.stringify(rows).includes(projectId), `${projectId}: ${JSON.stringify(rows)}`);
      }
      assert.match(await fails(local, 'peaka_execute_sql_query', sql), /projectId is missing/);
      assert.ok(!local.log().includes(KEYS.partner.slice(-20)));
    });

    await t.test('a key that was switched off is told as such', async t => {
      const local = await open(t, KEYS.disabled);
      assert.equal((await local.client.listTools()).tools.length, 32);
      for (const tool of ['peaka_list_projects', 'peaka_list_catalogs']) {
        assert.match(await fails(local, tool), /does not accept the API key in PEAKA_API_KEY/);
      }
      assert.ok(!local.log().includes(KEYS.disabled.slice(-20)));
    });

    await t.test('without a key the tools are listed, and a call says what to set', async t => {
      const local = await open(t);
      assert.equal((await local.client.listTools()).tools.length, 32);
      for (const tool of ['peaka_list_projects', 'peaka_list_catalogs']) {
        assert.match(await fails(local, tool), /Set the environment variable PEAKA_API_KEY to a Project key/);
      }
    });
  });
}
