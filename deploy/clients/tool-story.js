// Every tool in one story, as a model would use them: what one gives, the next takes. Changes are made by one client;
// whatever is looked up is looked up by all, who must be told the same.
import assert from 'node:assert/strict';

import { syncMillis } from './harness.js';

/** The project "Web Shop". */
const PROJECT = 'aW3k9RtQ';
const LONG = 1_000_000;

export class Story {
  /** Which tools were called, by whom. */
  called = new Map();
  /** What the changes were answered with, in order. */
  changes = [];
  #peaka;
  #clients;
  #actor;

  /** `clients`: by name. `actor`: the name of the one who makes the changes, and part of the names of what is made. */
  constructor({ peaka, clients, actor }) {
    this.#peaka = peaka;
    this.#clients = clients;
    this.#actor = actor;
    for (const name of Object.keys(clients)) this.called.set(name, new Set());
  }

  async #call(who, tool, more) {
    this.called.get(who).add(tool);
    const args = tool === 'peaka_list_projects' ? more : { projectId: PROJECT, ...more };
    const answer = await this.#clients[who].callTool({ name: tool, arguments: args });
    const { content, structuredContent, isError = false } = answer;
    if (!isError) assert.deepEqual(JSON.parse(content[0].text), structuredContent, `${tool}: the text says the same`);
    return { isError, content, structuredContent };
  }

  #check(tool, args, { isError, content }, told) {
    const about = `${tool} with ${JSON.stringify(args)}: ${content[0].text}`;
    assert.equal(isError, told !== undefined, about);
    if (told) assert.match(content[0].text, told, about);
  }

  /** Looked up by all, one after another. `told`: it fails, saying that. */
  async sees(tool, args = {}, told) {
    const answers = [];
    for (const name of Object.keys(this.#clients)) answers.push(await this.#call(name, tool, args));
    for (const answer of answers) assert.deepEqual(answer, answers[0], `${tool}: the same answer to everybody`);
    this.#check(tool, args, answers[0], told);
    return answers[0].structuredContent;
  }

  /** Changed by one. `told`: it fails, saying that. */
  async does(tool, args, told) {
    const answer = await this.#call(this.#actor, tool, args);
    this.#check(tool, args, answer, told);
    this.changes.push({ tool, ...answer });
    return answer.structuredContent;
  }

  async tell() {
    const { storefront, payments } = await this.#lookAround();
    await this.#metadata(storefront);
    const query = await this.#savedQueries();
    await this.#materialized();
    await this.#caches(payments, storefront);
    await this.#semantic(query);
    await this.does('peaka_delete_query', { queryId: query });
  }

  async #lookAround() {
    const { projects } = await this.sees('peaka_list_projects');
    assert.equal(projects.length, 24);
    const { catalogs } = await this.sees('peaka_list_catalogs');
    const id = name => catalogs.find(catalog => catalog.name === name).id;
    const [storefront, payments] = [id('storefront'), id('payments')];
    await this.sees('peaka_list_schemas', { catalogId: storefront });
    const { tables } = await this.sees('peaka_list_tables', { catalogId: payments, schemaName: 'payment' });
    assert.equal(tables.find(({ tableName }) => tableName === 'charges').isCached, false);
    const orders = { catalogId: storefront, schemaName: 'public', tableName: 'orders' };
    await this.sees('peaka_list_columns', orders);
    await this.sees('peaka_get_table_statistics', orders);
    const charges = { catalogId: payments, schemaName: 'payment', tableName: 'charges' };
    await this.sees('peaka_get_table_statistics', charges, /is not being supported yet/);
    const { connections } = await this.sees('peaka_list_connections');
    await this.sees('peaka_get_connection_detail', { connectionId: connections[0].id });
    const query = 'SELECT id, status FROM "storefront"."public"."orders" ORDER BY id';
    const { rowCount, truncated } = await this.sees('peaka_execute_sql_query', { query });
    assert.deepEqual({ rowCount, truncated }, { rowCount: 1000, truncated: true });
    const nowhere = 'SELECT * FROM "storefront"."public"."nothing"';
    await this.sees('peaka_execute_sql_query', { query: nowhere }, /does not exist/);
    await this.sees('peaka_execute_sql_query', { query: 'DROP TABLE "storefront"."public"."orders"' }, /SELECT/);
    return { storefront, payments };
  }

  async #metadata(storefront) {
    const catalog = { catalogId: storefront };
    await this.sees('peaka_get_project_metadata', { ...catalog, schemaName: 'public', includeSamples: true });
    const { relations } = await this.sees('peaka_get_relations', catalog);
    assert.ok(relations.length > 0);
    await this.sees('peaka_query_golden_sqls', { query: 'revenue by month' });
    await syncMillis(this.#peaka, LONG);
    await this.does('peaka_refresh_project_metadata', catalog);
    assert.equal((await this.sees('peaka_get_metadata_refresh_status', catalog)).inProgress, true);
    await syncMillis(this.#peaka, 0);
    assert.equal((await this.sees('peaka_get_metadata_refresh_status', catalog)).inProgress, false);
  }

  async #savedQueries() {
    const displayName = `Twos of ${this.#actor}`;
    const { id } = await this.does('peaka_create_query', { displayName, inputQuery: 'SELECT 1 AS one' });
    const { queries } = await this.sees('peaka_list_queries');
    assert.equal(queries.find(query => query.id === id).displayName, displayName);
    await this.does('peaka_update_query', { queryId: id, inputQuery: 'SELECT 2 AS two' });
    assert.equal((await this.sees('peaka_get_query', { queryId: id })).inputQuery, 'SELECT 2 AS two');
    assert.deepEqual((await this.sees('peaka_execute_query', { queryId: id })).rows, [['2']]);
    return id;
  }

  async #materialized() {
    const { id: queryId } = await this.does('peaka_create_query', {
      displayName: `Stored by ${this.#actor}`,
      inputQuery: 'SELECT 1 AS one',
      queryType: 'MATERIALIZED',
      schedule: { type: 'interval', repeatDuration: 'PT6H' },
    });
    await this.does('peaka_refresh_materialized_query', { queryId });
    const { statuses } = await this.sees('peaka_get_materialized_query_statuses', { queryId });
    assert.equal(statuses[0].status, 'COMPLETED');
    await this.sees('peaka_get_materialized_query_statuses');
    await this.does('peaka_delete_query', { queryId });
    await this.sees('peaka_get_query', { queryId }, /Peaka/);
  }

  async #caches(payments, storefront) {
    const charges = { catalogId: payments, schemaName: 'payment', tableName: 'charges' };
    await syncMillis(this.#peaka, LONG);
    const schedules = { incrementalSchedule: 'PT1H', fullRefreshSchedule: 'P1D' };
    const { cacheId } = await this.does('peaka_create_cache', { ...charges, ...schedules });
    const status = async more => {
      const { caches } = await this.sees('peaka_get_cache_statuses', more);
      return caches.find(cache => cache.cacheId === cacheId);
    };
    assert.equal((await status()).inProgress, true);
    await this.does('peaka_create_cache', charges, /Peaka/);
    await syncMillis(this.#peaka, 0);
    assert.equal((await status({ includeLogs: true })).status, 'COMPLETED');
    await this.does('peaka_refresh_cache_full', { cacheId });
    await this.does('peaka_refresh_cache_incremental', { cacheId });
    await this.does('peaka_update_cache', { cacheId, incrementalSchedule: 'NONE' });
    assert.equal((await status()).incrementalSchedule, undefined);
    const items = [
      { ...charges, tableName: 'customers' },
      { catalogId: storefront, schemaName: 'public', tableName: 'orders' },
    ];
    const batch = await this.does('peaka_create_cache_batch', { items });
    assert.deepEqual([batch.succeeded, batch.failed], [1, 1]);
    for (const id of [cacheId, batch.results[0].cache.cacheId]) await this.does('peaka_delete_cache', { cacheId: id });
    await this.does('peaka_refresh_cache_full', { cacheId }, /not found/);
    assert.equal(await status(), undefined);
  }

  async #semantic(queryId) {
    const { id: catalogId } = await this.does('peaka_create_semantic_catalog', { name: `Reports of ${this.#actor}` });
    const table = { catalogId, schemaName: 'main', tableName: 'twos', queryId };
    const { tableId, sqlName } = await this.does('peaka_create_semantic_table', table);
    const query = `SELECT * FROM ${sqlName}`;
    assert.deepEqual((await this.sees('peaka_execute_sql_query', { query })).rows, [['2']]);
    await this.does('peaka_delete_semantic_table', { catalogId, tableId });
    await this.sees('peaka_execute_sql_query', { query }, /does not exist/);
  }
}
