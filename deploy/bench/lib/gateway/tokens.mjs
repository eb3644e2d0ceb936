// What a token costs that this replica never saw, and one that is forged; and many sessions at once.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { counted } from './house.mjs';
import { WARM } from './path.mjs';
import { CALLS, wrk } from './wrk.mjs';

/** The signature is not ours: one of its characters is another. */
const forge = line => {
  const [token, subject] = line.split(' ');
  const at = token.length - 40;
  return `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)} ${subject}`;
};

/** How long the sessions are called for one after the other before they are called again; a header is used for ten seconds. */
const TURN = 5;

/**
 * Figures of `rounds` rounds each. `file` holds `total` tokens of a session each, of which only the first few were seen so
 * far; `fresh` holds many others of those few sessions.
 */
export async function tokens(ours, file, total, fresh, { rounds, seconds, directory }) {
  const url = `http://127.0.0.1:${ours.port}`;
  const run = (source, what, more) => {
    const calls = CALLS(`localhost:${ours.port}`, source, what);
    return wrk(url, calls, { seconds, connections: 16, directory, pid: ours.pid, ...more });
  };
  const forged = path.join(directory, 'forged');
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  writeFileSync(forged, `${lines.map(forge).join('\n')}\n`);
  const figures = { warm: [], cold: [], strange: [], forged: [], undisturbed: [], disturbed: [], few: [], many: [], again: [] };

  /** A second with tokens from a file, each of them once; gives how many were used so far, too. */
  const unseen = async (source, skip, count) => {
    const once = await run(source, { count: count - skip, skip }, { seconds: 1 });
    if (skip + once.note > count) throw new Error(`${count} tokens are too few: ${once.note} were used in a second`);
    return [once, skip + once.note];
  };
  let [strange, cold, skip, used] = [null, null, WARM, 0];
  for (let round = 0; round < rounds; round++) {
    figures.warm.push(await run(file, { count: WARM }));
    [cold, used] = await unseen(fresh.file, used, fresh.count);
    figures.cold.push(cold);
    [strange, skip] = await unseen(file, skip, total);
    figures.strange.push(strange);
    figures.forged.push(await run(forged, { count: total }, { refused: true }));
  }

  const unknown = () => counted(ours, 'gateway_access_token_cache_total', 'miss');
  for (let round = 0; round < rounds; round++) {
    figures.undisturbed.push(await run(file, { count: WARM }));
    // Ten connections, each of which waits about ten milliseconds before a request, not all as long: some thousand a second, and not
    // in step. Of few tokens, which cost the gateway as much as many and whoever sends them less: it shares the others' core.
    const strangers = CALLS(`localhost:${ours.port}`, forged, { count: 1000, everyMs: 10 });
    const before = await unknown();
    const flood = wrk(url, strangers, { seconds: seconds + 1, connections: 10, directory, refused: true });
    while ((await unknown()) === before) await pause(10);
    const valid = await run(file, { count: WARM });
    figures.disturbed.push({ ...valid, forgedPerSecond: (await flood).perSecond });
  }

  // All of them are seen before they are measured.
  for (let seen = skip; seen < total; ) seen += (await run(file, { count: total - seen, skip: seen })).note;
  for (let round = 0; round < rounds; round++) {
    figures.few.push(await run(file, { count: 1000 }));
    const before = await unknown();
    const many = await run(file, { count: total });
    const missed = (await unknown()) - before;
    figures.many.push({ ...many, missed: missed / many.requests });
    // Those that were called within the last seconds, once more.
    const { note } = await run(file, { count: total }, { seconds: TURN });
    figures.again.push(await run(file, { count: Math.min(note, total) }));
  }
  return figures;
}
