// One kind of request against one server: tried once to see what is answered, then under load with wrk.
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

import { PROJECT, ROWS } from './stub.mjs';
import { cpuSeconds } from './process.mjs';

const HEADERS = {
  authorization: 'Bearer TtgGcQFq.benchbenchbenchbenchbenchbench00',
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
  'mcp-protocol-version': '2025-11-25',
};
const call = (name, args) => ({ method: 'tools/call', params: { name, arguments: { projectId: PROJECT, ...args } } });

/** `holds` is in a right answer. */
export const CASES = {
  'tools/list': { message: { method: 'tools/list' }, holds: /peaka_delete_semantic_table/ },
  'small tool call': { message: call('peaka_list_catalogs', {}), holds: /storefront/ },
  '1,000-row SQL answer': {
    message: call('peaka_execute_sql_query', { query: 'SELECT * FROM "storefront"."public"."orders"' }),
    holds: new RegExp(String(25_000 + ROWS - 1)),
  },
};

const body = ({ message }) => JSON.stringify({ jsonrpc: '2.0', id: 1, ...message });

/** Asks once; gives the bytes of the whole body and of the text that a model reads. */
export async function once(url, kind) {
  const answer = await fetch(url, { method: 'POST', headers: HEADERS, body: body(kind) });
  const whole = await answer.text();
  const json = /^data: (\{.*)$/m.exec(whole)?.[1] ?? whole;
  const { result } = answer.ok ? JSON.parse(json) : {};
  if (!result || result.isError || !kind.holds.test(json)) {
    throw new Error(`${url} answered ${answer.status}: ${whole.slice(0, 500)}`);
  }
  const text = result.content?.map(part => part.text).join('') ?? '';
  return { wire: Buffer.byteLength(whole), text: Buffer.byteLength(text) };
}

const lua = text => `[==[${text}]==]`;

const SCRIPT = kind => `
wrk.method = "POST"
wrk.body = ${lua(body(kind))}
${Object.entries(HEADERS).map(([name, value]) => `wrk.headers[ ${lua(name)} ] = ${lua(value)}`).join('\n')}
function done(summary, latency)
  local e = summary.errors
  local failed = e.connect + e.read + e.write + e.status + e.timeout
  io.write(string.format('RESULT {"requests":%d,"microseconds":%d,"p50":%d,"p99":%d,"failed":%d}\\n', summary.requests,
    summary.duration, latency:percentile(50), latency:percentile(99), failed))
end
`;

/** `seconds` of load from `connections` at once. CPU is that of the server alone. */
export async function load(url, kind, pid, { seconds, connections, directory }) {
  const script = path.join(directory, 'request.lua');
  writeFileSync(script, SCRIPT(kind));
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '-s', script, url];
  const before = cpuSeconds(pid);
  const { stdout } = await promisify(execFile)('wrk', args, { timeout: (seconds + 30) * 1000 });
  const cpu = cpuSeconds(pid) - before;
  if (!stdout.includes("RESULT")) throw new Error(`wrk said:\n${stdout}`);
  const { requests, microseconds, p50, p99, failed } = JSON.parse(/RESULT (.*)/.exec(stdout)[1]);
  if (failed > 0 || requests === 0) throw new Error(`${failed} of ${requests} requests to ${url} failed:\n${stdout}`);
  return { perSecond: (requests / microseconds) * 1e6, p50: p50 / 1000, p99: p99 / 1000, cpu: (cpu / requests) * 1000 };
}
