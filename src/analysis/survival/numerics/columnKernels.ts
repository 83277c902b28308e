/**
 * The innermost loops of every fit, on pairs of doubles (WebAssembly's 128-bit vectors): several times as fast as what JavaScript
 * becomes, and from the first call on. Columns of STRETCH doubles stand one after the other; all addresses are in bytes.
 */
import {
  add,
  addPairs,
  below,
  type Code,
  call,
  F64,
  firsts,
  get,
  I32,
  instantiate,
  load,
  loadTwice,
  multiply,
  multiplyPairs,
  number,
  repeatWhile,
  seconds,
  set,
  store,
  subtract,
  subtractPairs,
  twice,
  V128,
  type WasmFunction,
  type WasmMemory,
  ZEROS,
} from './webAssembly.ts';

/**
 * Rows that are taken together, few enough that some twenty columns stay in a processor core's cache: the distance of a
 * column from the next.
 */
export const STRETCH = 1024;

/** Rows of a stretch are filled up to a multiple of this, with weights of 0. */
export const GROUP = 8;

/** Columns of a block, and of a target of products, are filled up to a multiple of this; what is in them is discarded. */
export const TILE = 4;

export const DOUBLE = 8;
const PAIR = 2 * DOUBLE;
const COLUMN = STRETCH * DOUBLE;

/** Numbers the parameters and locals of a function, in the order in which they are asked for. */
function locals() {
  let count = 0;
  return () => count++;
}

/**
 * out[i] = sum over the columns c of factors[c] · column c [i]; all of them are addresses. Eight rows at a time, whose sums do not
 * wait for each other.
 */
function combine(): WasmFunction {
  const next = locals();
  const [columns, count, factors, out, bytes] = [next(), next(), next(), next(), next()];
  const [end, column, factor, lastFactor] = [next(), next(), next(), next()];
  const [value, ...sums] = Array.from({ length: 1 + GROUP / 2 }, next);
  const advance = (local: number, by: number) => set(local, add(get(local), number(by)));
  return {
    name: 'combine',
    parameters: Array(5).fill(I32),
    locals: [I32, I32, I32, I32, V128, ...sums.map(() => V128)],
    body: [
      set(end, add(get(out), get(bytes))),
      set(lastFactor, add(get(factors), multiply(get(count), number(DOUBLE)))),
      repeatWhile(
        below(get(out), get(end)),
        set(column, get(columns)),
        set(factor, get(factors)),
        ...sums.map((sum) => set(sum, ZEROS)),
        repeatWhile(
          below(get(factor), get(lastFactor)),
          set(value, loadTwice(get(factor))),
          ...sums.map((sum, k) => set(sum, addPairs(get(sum), multiplyPairs(get(value), load(get(column), k * PAIR))))),
          advance(column, COLUMN),
          advance(factor, DOUBLE),
        ),
        ...sums.map((sum, k) => store(get(out), get(sum), k * PAIR)),
        advance(columns, GROUP * DOUBLE),
        advance(out, GROUP * DOUBLE),
      ),
    ].flat(),
  };
}

/** column = (column - centre) · factor, in place. */
function standardise(): WasmFunction {
  const next = locals();
  const [column, centre, factor, bytes, end] = Array.from({ length: 5 }, next);
  return {
    name: 'standardise',
    parameters: [I32, F64, F64, I32],
    locals: [I32],
    body: [
      set(end, add(get(column), get(bytes))),
      repeatWhile(
        below(get(column), get(end)),
        store(get(column), multiplyPairs(subtractPairs(load(get(column)), twice(get(centre))), twice(get(factor)))),
        set(column, add(get(column), number(PAIR))),
      ),
    ].flat(),
  };
}

/** out[i] = weights[i] · column[i]. */
function weigh(): WasmFunction {
  const next = locals();
  const [weights, column, out, bytes, end] = Array.from({ length: 5 }, next);
  const advance = (local: number) => set(local, add(get(local), number(PAIR)));
  return {
    name: 'weigh',
    parameters: Array(4).fill(I32),
    locals: [I32],
    body: [
      set(end, add(get(out), get(bytes))),
      repeatWhile(
        below(get(out), get(end)),
        store(get(out), multiplyPairs(load(get(weights)), load(get(column)))),
        advance(weights),
        advance(column),
        advance(out),
      ),
    ].flat(),
  };
}

/**
 * Adds to target[a · targetColumns + b] the sum over rows of column a from `left` on times column b from `right` on, for two a and
 * four b: the eight sums stay in registers.
 */
function tile(): WasmFunction {
  const next = locals();
  const [left, right, bytes, target, targetColumns, end] = Array.from({ length: 6 }, next);
  const [x, y, value] = Array.from({ length: 3 }, next);
  const sums = [0, 1].map(() => Array.from({ length: TILE }, next));
  const addTo = (sum: number, factor: number) => set(sum, addPairs(get(sum), multiplyPairs(get(factor), get(value))));
  const advance = (local: number) => set(local, add(get(local), number(PAIR)));
  return {
    name: 'tile',
    parameters: Array(5).fill(I32),
    locals: [I32, ...Array(3 + 2 * TILE).fill(V128)],
    body: [
      set(end, add(get(left), get(bytes))),
      repeatWhile(
        below(get(left), get(end)),
        set(x, load(get(left))),
        set(y, load(get(left), COLUMN)),
        ...sums[0].flatMap((sum, k) => [set(value, load(get(right), k * COLUMN)), addTo(sum, x), addTo(sums[1][k], y)]),
        advance(left),
        advance(right),
      ),
      // The two lanes of each sum are added, and put beside those of the next column.
      ...sums.flatMap((line) => [
        ...[0, 2].map((k) => {
          const [even, odd] = [get(line[k]), get(line[k + 1])];
          const both = addPairs(firsts(even, odd), seconds(even, odd));
          return store(get(target), addPairs(load(get(target), k * DOUBLE), both), k * DOUBLE);
        }),
        set(target, add(get(target), multiply(get(targetColumns), number(DOUBLE)))),
      ]),
    ].flat(),
  };
}

/**
 * target[a · targetColumns + b] += sum over rows i of weights[i] · left column a [i] · right column b [i]; of every pair of
 * columns, or with `lower` not 0 of those with b <= a and some others. `weighted` is a place for two columns.
 */
function products(weighIndex: number, tileIndex: number): WasmFunction {
  const next = locals();
  const [left, leftCount, right, rightCount, weights, bytes] = Array.from({ length: 6 }, next);
  const [target, targetColumns, lower, weighted, a, b, limit] = Array.from({ length: 7 }, next);
  const columnOf = (block: number, column: Code) => add(get(block), multiply(column, number(COLUMN)));
  const weighLeft = (k: number) =>
    call(weighIndex, get(weights), columnOf(left, add(get(a), number(k))), columnOf(weighted, number(k)), get(bytes));
  const entry = add(multiply(get(a), get(targetColumns)), get(b));
  return {
    name: 'products',
    parameters: Array(10).fill(I32),
    locals: [I32, I32, I32],
    body: [
      set(a, number(0)),
      repeatWhile(
        below(get(a), get(leftCount)),
        weighLeft(0),
        weighLeft(1),
        // Of the lower triangle columns up to a + 1, else all.
        set(limit, add(get(a), number(2))),
        set(limit, subtract(get(rightCount), multiply(get(lower), subtract(get(rightCount), get(limit))))),
        set(b, number(0)),
        repeatWhile(
          below(get(b), get(limit)),
          call(
            tileIndex,
            get(weighted),
            columnOf(right, get(b)),
            get(bytes),
            add(get(target), multiply(entry, number(DOUBLE))),
            get(targetColumns),
          ),
          set(b, add(get(b), number(TILE))),
        ),
        set(a, add(get(a), number(2))),
      ),
    ].flat(),
  };
}

const KERNELS = { standardise: standardise(), combine: combine(), weigh: weigh(), tile: tile() };

/** The kernels, to work on a memory. */
export function columnKernels(memory: WasmMemory) {
  const first = Object.values(KERNELS);
  const indexOf = (kernel: WasmFunction) => first.indexOf(kernel);
  const all = [...first, products(indexOf(KERNELS.weigh), indexOf(KERNELS.tile))];
  return instantiate(all, memory) as Record<'standardise' | 'combine' | 'products', (...operands: number[]) => void>;
}
