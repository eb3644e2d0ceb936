// Streams of events: what an idle one holds, and what an event costs.
import { setTimeout as pause } from 'node:timers/promises';

import { cpuMicroseconds, kibibytes } from '../process.mjs';
import { helper } from './forks.mjs';

const OPEN = [1000, 5000];
const SPEAKING = 200;

/** `start(name)` gives a fresh proxy in front of the checker; one at a time holds many idle streams. */
export async function idle(names, start, tokens) {
  const figures = {};
  for (const name of names) {
    const proxy = await start(name);
    const listeners = helper('listeners', 1);
    let open = 1;
    // The first stream, so that what every stream needs in common is there.
    await listeners.ask({ open, port: proxy.port, tokens, events: 1 });
    await pause(500);
    const empty = kibibytes(proxy.pid);
    const held = {};
    for (const number of OPEN) {
      await listeners.ask({ open: number - open, port: proxy.port, tokens, events: 1 });
      open = number;
      await pause(1000);
      held[number] = (kibibytes(proxy.pid) - empty) / (number - 1);
    }
    const before = cpuMicroseconds(proxy.pid);
    await pause(3000);
    figures[name] = { held, busy: (cpuMicroseconds(proxy.pid) - before) / 3e6 };
    await listeners.stop();
    await proxy.stop();
  }
  return figures;
}

/** Microseconds of CPU for each event, by name, of each round. */
export async function events(names, start, tokens, checker, { rounds, bursts }) {
  const figures = Object.fromEntries(names.map(name => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const proxy = await start(name);
      const listeners = helper('listeners', 1);
      await listeners.ask({ open: SPEAKING, port: proxy.port, tokens, events: 1 });
      let before;
      for (let burst = 0; burst < bursts + 20; burst++) {
        if (burst === 20) before = cpuMicroseconds(proxy.pid);
        const heard = listeners.ask({ events: burst + 2 });
        await checker.ask({ emit: true });
        await heard;
      }
      figures[name].push((cpuMicroseconds(proxy.pid) - before) / (bursts * SPEAKING));
      await listeners.stop();
      await proxy.stop();
    }
  }
  return figures;
}
