// The checker, and when what it finds ends the run.
import { freePort } from '../process.mjs';
import { helper } from './forks.mjs';

/** Starts it. `keys` gives the gateway's internal JWK set. */
export async function watch() {
  const port = await freePort();
  const checker = helper('checker', 1, port);
  await checker.answer();
  let [keys, total] = [null, 0];
  return {
    port,
    ask: checker.ask,
    stop: checker.stop,
    /** From now on requests are held to what the gateway with these keys may send. */
    learn: async ({ internal }) => {
      ({ keys } = await (await fetch(`http://127.0.0.1:${internal}/internal/jwks`)).json());
    },
    watch: ours => checker.ask({ expect: ours ? { keys } : null }),
    /** Throws if something got through that must not. */
    settle: async ours => {
      const { seen, faults } = await checker.ask({ tell: true });
      if (faults.length > 0) throw new Error(`${faults.length} of ${seen} requests were not as they must be: ${faults[0]}`);
      total += ours ? seen : 0;
      return total;
    },
  };
}
