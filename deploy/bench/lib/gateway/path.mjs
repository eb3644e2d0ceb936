// The data path: the same calls through every proxy, in turn, at several numbers of connections.
import { CALLS, wrk } from './wrk.mjs';

/** Tokens in rotation, each of a session and a person of its own. */
export const WARM = 256;
const LEVELS = { 16: 1, 1: 0.5, 64: 0.75, 256: 1 };

/**
 * `targets`: name, port, pid and whether it is the gateway. Gives by name and number of connections what each round
 * measured. `checked` is asked after each target's turn.
 */
export async function path(targets, { rounds, seconds, directory, tokens, checker }) {
  const measured = Object.fromEntries(targets.map(({ name }) => [name, {}]));
  const run = ({ port, pid }, connections, time) => {
    const calls = CALLS(`localhost:${port}`, tokens, { count: WARM });
    return wrk(`http://127.0.0.1:${port}`, calls, { seconds: time, connections, directory, pid });
  };
  for (let round = 0; round <= rounds; round++) {
    // Every second round goes the other way round; the first warms up and is not counted.
    const turns = round % 2 === 0 ? targets : targets.toReversed();
    for (const connections of Object.keys(LEVELS)) {
      for (const target of turns) {
        const time = round === 0 ? 1 : Math.max(1, Math.round(seconds * LEVELS[connections]));
        if (round === 0 && connections !== '16') continue;
        await checker.watch(target.ours);
        const figures = await run(target, Number(connections), time);
        await checker.settle(target.ours, figures);
        if (round > 0) (measured[target.name][connections] ??= []).push(figures);
      }
    }
  }
  return measured;
}
