/** Fuzzes a reader that fails behind three conditions, guided by coverage and not: prints how often each found the failure. */
import { Coverage } from '../fuzz/coverage.ts';
import { fuzz } from '../fuzz/fuzz.ts';
import type { FuzzTarget } from '../fuzz/target.ts';

/** Each condition only meets files that met those before it: once in some thousand cases, and all at once in some 10^10. */
const nested: FuzzTarget = {
  seeds: async () => [new Uint8Array(8)],
  read: ([a, b, c]) => {
    if ((a & 31) !== 9) return 'none';
    if ((b & 31) !== 18) return 'one';
    if ((c & 31) !== 29) return 'two';
    throw new TypeError('found');
  },
};

async function found(coverage?: Coverage): Promise<number> {
  let count = 0;
  const onFinding = () => {
    count++;
  };
  await fuzz(nested, { cases: 150_000, seed: 1, coverage, onFinding });
  return count;
}

const coverage = new Coverage();
const guided = await found(coverage);
coverage.stop();
console.log(JSON.stringify({ guided, unguided: await found() }));
