import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import type { Operation } from '../../../bench/fidelity/operation.ts';
import type { DType } from '../../../src/engine/graph/dtype.ts';
import type { Node } from '../../../src/engine/graph/op.ts';

/** The names of the definitions in `src/engine/ops`, as `defineOp` was told them: there is no other way to define an op. */
const names = vi.hoisted(() => new Set<string>());
vi.mock('../../../src/engine/graph/graph.ts', async (original) => {
  const graph = await original<typeof import('../../../src/engine/graph/graph.ts')>();
  const defineOp: typeof graph.defineOp = (definition) => {
    names.add(definition.name);
    return graph.defineOp(definition);
  };
  return { ...graph, defineOp };
});

const folder = join(import.meta.dirname, '../../../src/engine/ops');
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));
await Promise.all(files.map((path) => import(join(folder, path))));
const defined: ReadonlySet<string> = new Set(names);

// Only now, so that ops of other folders are not counted.
const { dtypes } = await import('../../../bench/fidelity/conversions.ts');
const { UNMEASURED, UNMEASURED_FORMATS } = await import('../../../bench/fidelity/coverage.ts');
const { operations } = await import('../../../bench/fidelity/operations.ts');
const { chooseMeasurements } = await import('../../../bench/fidelity/suite.ts');
const { ShapeError } = await import('../../../src/engine/errors.ts');
const { reachable, spec, trace } = await import('../../../src/engine/graph/graph.ts');

const rows = chooseMeasurements({});

test('every op that the engine defines has a row, or a reason why not', () => {
  expect(defined.size).toBeGreaterThan(60);
  const measured = new Set(rows.flatMap(({ of }) => of));
  expect([...defined].filter((name) => !measured.has(name) && UNMEASURED[name] === undefined)).toEqual([]);
  // Neither a row nor a reason outlives its op.
  expect([...measured, ...Object.keys(UNMEASURED)].filter((name) => !defined.has(name))).toEqual([]);
  expect(Object.keys(UNMEASURED).filter((name) => measured.has(name))).toEqual([]);
});

test('an op and a format have one row', () => {
  const keys = rows.filter(({ op }) => op !== 'convert').map(({ op, dtype }) => `${op} of ${dtype}`);
  expect(keys.filter((key, k) => keys.indexOf(key) !== k)).toEqual([]);
});

/** The ops in the graph of an operation of a format; null where the engine refuses the format, or gives another. */
function opsIn({ operands, build }: Operation, dtype: DType): string[] | null {
  const types = operands.map((operand) =>
    'dtype' in operand ? spec(operand.shape, operand.dtype) : spec(operand, dtype),
  );
  const hasOwnFormat = operands.some((operand) => !('dtype' in operand));
  try {
    const { outputs } = trace(({ x }: { x: Node[] }) => ({ y: build(x, dtype) }), { x: types });
    if (!hasOwnFormat && outputs.y.dtype !== dtype) return null;
    return reachable([outputs.y]).map(({ op }) => op.name);
  } catch (error) {
    if (error instanceof ShapeError) return null;
    throw error;
  }
}

test.each(operations)('%s: a row for every format that the engine takes', (name, operation) => {
  const { of = [name] } = operation;
  const measured: readonly string[] = [
    ...rows.flatMap(({ op, dtype }) => (op === name ? [dtype] : [])),
    ...Object.keys(UNMEASURED_FORMATS[name] ?? {}),
  ];
  const inGraphs = new Set<string>();
  for (const dtype of dtypes) {
    const ops = opsIn(operation, dtype);
    if (operation.formats.includes(dtype)) for (const op of ops ?? []) inGraphs.add(op);
    // A row of several ops is there for what they come to together; each has rows of its own.
    if (ops !== null && of.length === 1) expect([name, measured]).toEqual([name, expect.arrayContaining([dtype])]);
  }
  // What a row claims to measure is in a graph that it runs; f64 may be another op's, the exact one.
  expect([...inGraphs]).toEqual(expect.arrayContaining([...of]));
});
