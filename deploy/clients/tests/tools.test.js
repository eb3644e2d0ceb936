// Every tool, resource and prompt, by the TypeScript client over HTTP through the gateway (a person who signed in) and
// over standard input and output (the same person's Partner key), before the same local Peaka: the same answers.
import assert from 'node:assert/strict';
import test from 'node:test';

import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client';

import { ADA, KEYS } from '../harness.js';
import { setUp } from '../journey.js';
import { openLocal } from '../local.js';
import { SdkClient } from '../sdk-client.js';
import { Story } from '../tool-story.js';

const sdk = {
  Client,
  StreamableHTTPClientTransport,
  UnauthorizedError,
  finish: (transport, returned) => transport.finishAuth(returned),
};

/**
 * What differs by nature between the answers to two clients who make the same things one after the other. Answers to
 * lookups are compared as they are: both see the same things.
 */
const DIFFERS = [
  [/\b(of|by) (http|stdio)\b/gi, '$1 <client>', 'they give different names to what they make'],
  [/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, '<uuid>', 'Peaka makes up the ids of caches'],
  [/\b\d{17,20}\b/g, '<id>', 'and those of queries, semantic catalogs and tables'],
  [/\d{4}-\d\d-\d\dT[\d:.]+Z?/g, '<time>', 'the one comes after the other'],
];

/** The changes without what differs. The text of a success is its structured content once more (tool-story.js). */
const comparable = changes =>
  changes.map(({ tool, isError, content, structuredContent }) => {
    const said = JSON.stringify(isError ? content : structuredContent);
    return [tool, isError, DIFFERS.reduce((text, [differing, name]) => text.replaceAll(differing, name), said)];
  });

for (const mode of ['auto', 'legacy']) {
  test(`every tool by HTTP and by stdio, in the mode "${mode}"`, async t => {
    const room = await setUp(t, { store: 'file', env: { GATEWAY_ACCESS_TOKEN_SECONDS: '900' } });
    const { house, browser } = room;
    const remote = new SdkClient(sdk, { ...room, options: { versionNegotiation: { mode } } });
    await remote.signIn(async (url, arrived) => (await browser.walk(url, ADA, arrived)).result);
    t.after(() => remote.client.close());
    const env = { PEAKA_API_KEY: KEYS.partner, PARTNER_API_BASE_URL: house.partnerApi };
    const local = await openLocal(t, { env, mode });
    const clients = { http: remote.client, stdio: local.client };
    const both = async ask => [await ask(clients.http), await ask(clients.stdio)];
    const same = async ask => {
      const [http, stdio] = await both(ask);
      assert.deepEqual(http, stdio);
      return http;
    };

    await t.test('who serves says the same of itself', async () => {
      await same(client => client.getServerVersion());
      await same(client => client.getServerCapabilities());
      assert.ok((await same(client => client.getInstructions())).length > 100);
    });

    let names;
    await t.test('the tools are the same 32', async () => {
      const [http, stdio] = await both(async client => (await client.listTools()).tools);
      names = http.map(({ name }) => name).sort();
      assert.equal(names.length, 32);
      // A key can belong to a single project, so over stdio no tool insists on being told which, and says so.
      const without = tools =>
        JSON.parse(JSON.stringify(tools).replaceAll(/ May be left out with a Project key[^"]*/g, '')).map(
          ({ inputSchema: { required = [], ...schema }, ...tool }) => ({
            ...tool,
            inputSchema: { ...schema, required: required.filter(name => name !== 'projectId') },
          }),
        );
      assert.deepEqual(without(http), without(stdio));
      for (const { name, inputSchema } of http) {
        assert.equal(inputSchema.required?.includes('projectId') ?? false, name !== 'peaka_list_projects', name);
      }
      for (const { inputSchema } of stdio) assert.ok(!inputSchema.required?.includes('projectId'));
    });

    await t.test('every tool gives the same answers', async () => {
      const stories = [];
      for (const actor of Object.keys(clients)) {
        const story = new Story({ peaka: house.peaka, clients, actor });
        await story.tell();
        stories.push(story);
      }
      assert.deepEqual(comparable(stories[0].changes), comparable(stories[1].changes));
      for (const client of Object.keys(clients)) {
        const called = new Set(stories.flatMap(story => [...story.called.get(client)]));
        assert.deepEqual([...called].sort(), names, `the tools that were called over ${client}`);
      }
    });

    await t.test('progress is told to who wants to hear it', async () => {
      // Heard at the transport: the SDK does not know what to do with one that comes in one piece with the answer.
      const [http, stdio] = await both(async client => {
        const heard = [];
        const { transport } = client;
        const { onmessage } = transport;
        transport.onmessage = (message, extra) => {
          if (message.method === 'notifications/progress') heard.push(message.params.progress);
          else onmessage(message, extra);
        };
        await client.callTool({ name: 'peaka_list_projects', arguments: {} }, { onprogress: () => {} });
        transport.onmessage = onmessage;
        return heard;
      });
      for (const [way, heard] of Object.entries({ http, stdio })) {
        assert.ok(heard.length > 0, `progress over ${way}`);
        assert.deepEqual(heard, [...heard].sort((one, other) => one - other), 'it only grows');
      }
    });

    await t.test('the resources are the same two texts', async () => {
      const { resources } = await same(client => client.listResources());
      assert.deepEqual(
        resources.map(({ uri }) => uri),
        ['file:///peaka_sql_query_rule_set.txt', 'file:///peaka_artifact_template.txt'],
      );
      for (const { uri } of resources) {
        const { contents } = await same(client => client.readResource({ uri }));
        assert.ok(contents[0].text.length > 500, uri);
      }
      for (const client of Object.values(clients)) {
        await assert.rejects(client.readResource({ uri: 'file:///no_such.txt' }), /no such resource/);
      }
    });

    await t.test('the prompts are the same two', async () => {
      const { prompts } = await same(client => client.listPrompts());
      assert.deepEqual(prompts.map(({ name }) => name).sort(), ['build_a_report', 'write_a_query']);
      for (const { name, arguments: known = [] } of prompts) {
        const args = Object.fromEntries(known.map(argument => [argument.name, 'Revenue by month, in the Web Shop']));
        const { messages } = await same(client => client.getPrompt({ name, arguments: args }));
        assert.ok(JSON.stringify(messages).includes('Revenue by month'), name);
      }
    });

    await t.test('the key is in no log', () => {
      for (const output of [local.log(), house.output()]) assert.ok(!output.includes(KEYS.partner.slice(-20)));
    });
  });
}
