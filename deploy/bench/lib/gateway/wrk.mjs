// wrk with a script in Lua: what it sends, and what came of it.
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

import { cpuMicroseconds } from '../process.mjs';

const DONE = `
function done(summary, latency)
  local e = summary.errors
  io.write(string.format('RESULT {"requests":%d,"microseconds":%d,"p50":%d,"p99":%d,"refused":%d,"failed":%d,"note":%s}\\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), e.status,
    e.connect + e.read + e.write + e.timeout, note()))
end
local threads = {}
function setup(thread) table.insert(threads, thread) end
function note() return threads[1]:get("told") or "null" end
`;

const BODY = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: { name: 'peaka_list_catalogs', arguments: { projectId: 'mtKDhe1U', note: 'x'.repeat(900) } },
});

/**
 * Calls of a tool with tokens from a file, in turn: lines of `token subject`, `count` of them after the first `skip`.
 * Beside what the backend shall see it sends what it must not. `told` is how many requests were made.
 */
export const CALLS = (host, file, { count, skip = 0, everyMs = 0 }) => `
local first = "POST /mcp HTTP/1.1\\r\\nHost: ${host}\\r\\nAccept: application/json, text/event-stream\\r\\n"
  .. "Content-Type: application/json\\r\\nMCP-Protocol-Version: 2025-11-25\\r\\nUser-Agent: bench\\r\\n"
  .. "Cookie: session=stolen\\r\\nX-Peaka-Identity: forged\\r\\nX-Smuggled: 1\\r\\nContent-Length: ${BODY.length}\\r\\n"
  .. "Mcp-Param-Subject: "
local tokens, subjects, made, at = {}, {}, {}, 0
told = 0
function init()
  local line = 0
  for token, subject in io.open([==[${file}]==]):read("*a"):gmatch("(%S+) (%S+)\\n") do
    line = line + 1
    if line > ${skip} and #tokens < ${count} then
      tokens[#tokens + 1] = token
      subjects[#subjects + 1] = subject
    end
  end
end
function request()
  at = at % #tokens + 1
  told = told + 1
  local text = made[at]
  if not text then
    text = first .. subjects[at] .. "\\r\\nAuthorization: Bearer " .. tokens[at] .. "\\r\\n\\r\\n" .. [==[${BODY}]==]
    if #tokens <= 1000 then made[at] = text end
  end
  return text
end
${everyMs > 0 ? `function delay() return math.random(1, ${2 * everyMs - 1}) end` : ''}
`;

/** Requests with these bodies in turn, each from an address of its own. */
export const VARIED = (method, target, headers, bodies) => `
local headers, bodies, at = ${table(headers)}, {${bodies.map(text => `[==[${text}]==]`).join(',\n')}}, 0
function request()
  at = at + 1
  headers["X-Forwarded-For"] = string.format("10.%d.%d.%d", at / 65536 % 256, at / 256 % 256, at % 256)
  local body = bodies[at % #bodies + 1]
  return wrk.format("${method}", [==[${target}]==], headers, #body > 0 and body or nil)
end
`;
const table = headers =>
  `{${Object.entries(headers).map(([name, value]) => `["${name}"] = "${value}"`).join(', ')}}`;

/** Refreshes of sessions in turn, each with the token that the one before was answered with. */
export const REFRESHES = (file, client, { count, skip }) => `
local waiting, first, last = {}, 1, 0
local headers = {["Content-Type"] = "application/x-www-form-urlencoded"}
local function add(token)
  last = last + 1
  waiting[last] = token
end
function init()
  local line = 0
  for token in io.open([==[${file}]==]):read("*a"):gmatch("(%S+) %S+") do
    line = line + 1
    if line > ${skip} and last < ${count} then add(token) end
  end
end
function request()
  local token = waiting[first]
  waiting[first] = nil
  first = first + 1
  return wrk.format("POST", "/oauth/token", headers,
    "grant_type=refresh_token&client_id=${client}&refresh_token=" .. token)
end
function response(status, _, body)
  add(body:match('"refresh_token":"([^"]+)"') or error(status .. " " .. body))
end
`;

/** Calls of a small tool, in turn by tokens from a file of lines `token project`; every answer is looked at. */
export const TOOLS = (host, file) => `
local made, at = {}, 0
function init()
  for token, project in io.open([==[${file}]==]):read("*a"):gmatch("(%S+) (%S+)\\n") do
    local body = string.format(
      [==[{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"peaka_list_catalogs","arguments":{"projectId":"%s"}}}]==],
      #made + 1, project)
    made[#made + 1] = "POST /mcp HTTP/1.1\\r\\nHost: ${host}\\r\\nAccept: application/json, text/event-stream\\r\\n"
      .. "Content-Type: application/json\\r\\nMCP-Protocol-Version: 2025-11-25\\r\\nAuthorization: Bearer " .. token
      .. "\\r\\nContent-Length: " .. #body .. "\\r\\n\\r\\n" .. body
  end
end
function request()
  at = at % #made + 1
  return made[at]
end
function response(status, _, body)
  if status ~= 200 or not body:find("storefront", 1, true) or body:find('"isError":true', 1, true) then
    error(status .. " " .. body)
  end
end
`;

let scripts = 0;

/**
 * `seconds` of load from `connections` at once, from `core`. Gives the microseconds of CPU that `pid` spent on a request
 * among others. A request that failed ends it all, and so does a refused one unless all are to be `refused`, or some may
 * be (`lossy`).
 */
export async function wrk(url, script, { seconds, connections, directory, pid, core = 1, refused = false, lossy = false }) {
  const file = path.join(directory, `wrk-${++scripts}.lua`);
  writeFileSync(file, script + DONE);
  const args = ['-c', String(core), 'wrk', '-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '-s', file, url];
  const before = pid === undefined ? 0 : cpuMicroseconds(pid);
  const { stdout, stderr } = await promisify(execFile)('taskset', args, { timeout: (seconds + 60) * 1000 });
  const used = pid === undefined ? 0 : cpuMicroseconds(pid) - before;
  if (!stdout.includes('RESULT') || stderr !== '') throw new Error(`wrk said:\n${stdout}${stderr}`);
  const result = JSON.parse(/RESULT (.*)/.exec(stdout)[1]);
  if ((!lossy && result.failed > 0) || result.requests === 0 || (!lossy && result.refused !== (refused ? result.requests : 0))) {
    throw new Error(`of ${result.requests} requests to ${url} ${result.failed} failed, ${result.refused} were refused:\n${stdout}`);
  }
  return {
    requests: result.requests,
    perSecond: (result.requests / result.microseconds) * 1e6,
    p50: result.p50,
    p99: result.p99,
    cpu: used / result.requests,
    note: result.note,
    lost: result.refused,
    failed: result.failed,
  };
}
