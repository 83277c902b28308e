import type { Session, System } from '../../bench/peers.ts';
import type { Workload } from '../../bench/workload.ts';

/** A workload that nothing computes; 2 GFLOP. */
export const fakeWorkload: Workload = {
  name: 'W1',
  description: 'matrix product',
  metric: 'GFLOP/s',
  prepare: () => {
    throw new Error('a fake workload is never computed');
  },
};

export interface FakeSystem extends System {
  /** What was asked of it, in order. */
  readonly asked: string[];
}

/**
 * A system that answers with the given milliseconds, one a round; an error in their place is thrown. Processors work twice as long.
 * @param others how many processors other programs use, by round
 */
export function fakeSystem(
  name: string,
  answers: readonly (number | Error)[],
  {
    log = [] as string[],
    value = 1,
    runs = true,
    onlyAlone = false,
    others = [] as readonly number[],
    load = undefined as Session['load'],
    idleBytes = null as number | null,
  } = {},
): FakeSystem {
  return {
    name,
    asked: log,
    runs: () => runs,
    onlyAlone,
    start: async (workload) => {
      log.push(`${name} starts ${workload}`);
      const [first] = answers;
      if (answers.length === 1 && first instanceof Error) throw first;
      let round = 0;
      return {
        version: '1.2.3',
        value,
        load,
        idleBytes,
        ...(name === 'outlast' ? { amount: 2e9, flops: 2e9 } : {}),
        time: async () => {
          log.push(`${name} times`);
          const answer = answers[round];
          const busy = others[round++] ?? 0;
          if (answer instanceof Error) throw answer;
          return { milliseconds: answer, processor: 2 * answer, others: busy };
        },
        stop: async () => {
          log.push(`${name} stops`);
        },
      };
    },
  };
}
