// What a token costs that this replica never saw, and one that is forged; and many sessions at once.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { counted } from './house.mjs';
import { WARM } from './path.mjs';
import { CALLS, wrk } from './wrk.mjs';

/** The signature is not ours: one of its characters is another. */
const forge = line => {
  const [token, subject] = line.split(' ');
  const at = token.length - 40;
  return `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)} ${subject}`;
};

/** Figures of `rounds` rounds each. `file` holds many tokens, of which only the first few were seen so far. */
export async function tokens(ours, file, total, { rounds, seconds, directory }) {
  const url = `http://127.0.0.1:${ours.port}`;
  const run = (source, what, more) => {
    const calls = CALLS(`localhost:${ours.port}`, source, what);
    return wrk(url, calls, { seconds, connections: 16, directory, pid: ours.pid, ...more });
  };
  const forged = path.join(directory, 'forged');
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  writeFileSync(forged, `${lines.map(forge).join('\n')}\n`);
  const figures = { warm: [], cold: [], forged: [], undisturbed: [], disturbed: [], few: [], many: [] };

  let skip = WARM;
  for (let round = 0; round < rounds; round++) {
    figures.warm.push(await run(file, { count: WARM }));
    const cold = await run(file, { count: total - skip, skip }, { seconds: 1 });
    if (skip + cold.note > total) throw new Error(`${total} tokens are too few: ${cold.note} were used in a second`);
    skip += cold.note;
    figures.cold.push(cold);
    figures.forged.push(await run(forged, { count: total }, { refused: true }));
  }

  for (let round = 0; round < rounds; round++) {
    figures.undisturbed.push(await run(file, { count: WARM }));
    // Ten connections, each of which waits ten milliseconds before a request: about a thousand a second.
    const strangers = CALLS(`localhost:${ours.port}`, forged, { count: total, everyMs: 10 });
    const flood = wrk(url, strangers, { seconds: seconds + 1, connections: 10, directory, refused: true });
    const valid = await run(file, { count: WARM });
    figures.disturbed.push({ ...valid, forgedPerSecond: (await flood).perSecond });
  }

  // All of them are seen before they are measured.
  for (let seen = skip; seen < total; ) seen += (await run(file, { count: total - seen, skip: seen })).note;
  for (let round = 0; round < rounds; round++) {
    figures.few.push(await run(file, { count: 1000 }));
    const before = await counted(ours, 'gateway_access_token_cache_total', 'miss');
    const many = await run(file, { count: total });
    const missed = (await counted(ours, 'gateway_access_token_cache_total', 'miss')) - before;
    figures.many.push({ ...many, missed: missed / many.requests });
  }
  return figures;
}
