import { numberText } from '../numberText.ts';
import type { Answer, Row } from '../row.ts';

/** Reads and writes beyond the end, which WGSL keeps within the binding but else leaves open. */

const words = { type: 'u32', result: 'u32' } as const;
/** The last element of the array, which a limited index reads; all others are 5. */
const LAST = 77;

/** What a read beyond the end gave. */
const found = (value: number): string =>
  value === 0 ? '0' : value === LAST ? 'the last element' : value === 5 ? 'another element' : numberText(value);

const open = (cell: string): Answer => ({ cell, holds: true });

const engine = 'kernels check bounds; tests put guard words behind every buffer (`test/support/checkOp.ts`)';

/** An index far beyond an array of eight. */
const INDICES = [8, 1000, 2 ** 30 - 1, 2 ** 32 - 1];

const read = (what: string, functions: string): Row => ({
  what,
  engine,
  relied: false,
  async measure(ask) {
    const answers: number[] = [];
    for (const index of INDICES) {
      const operands = [index, 5, 5, 5, 5, 5, 5, LAST].map((x) => [x]);
      const alone = { statements: 'results[0] = beyond(operands[0]);', results: 1 };
      answers.push(...(await ask({ wgsl: what, ...words, operands, functions, alone })));
    }
    return open([...new Set(answers.map(found))].join(' or '));
  },
});

const local = 'array<u32, 8>(5u, 5u, 5u, 5u, 5u, 5u, 5u, 77u)';

export const memory: readonly Row[] = [
  read('a read of a storage buffer beyond its end', 'fn beyond(at: u32) -> u32 { return operands[at]; }'),
  read(
    'a read of a function’s array beyond its end',
    `fn beyond(at: u32) -> u32 { var a = ${local}; a[0] = operands[1]; return a[at]; }`,
  ),
  read(
    'a read of a workgroup’s array beyond its end',
    `var<workgroup> shared_words: array<u32, 8>;
fn beyond(at: u32) -> u32 { for (var k = 0u; k < 8u; k++) { shared_words[k] = select(5u, 77u, k == 7u); } return shared_words[at]; }`,
  ),
  {
    what: 'a write to a storage buffer beyond its end',
    engine,
    relied: false,
    async measure(ask) {
      const fates = new Set<string>();
      for (const index of INDICES) {
        const statements = 'for (var k = 0u; k < 8u; k++) { results[k] = 5u; } results[operands[0]] = 99u;';
        const results = await ask({
          wgsl: 'a write',
          ...words,
          operands: [[index]],
          alone: { statements, results: 8 },
        });
        const hit = results.indexOf(99);
        fates.add(hit === -1 ? 'nothing' : hit === 7 ? 'the last element' : 'another element');
      }
      return open(`changes ${[...fates].join(' or ')}`);
    },
  },
];
