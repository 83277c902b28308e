import {
  type Attributes,
  compile,
  type Device,
  decodeF16,
  defineOp,
  encodeF16,
  literal,
} from '../../src/engine/index.ts';

/** A question to an adapter: what it computes for operands that come out of a buffer, so that no compiler folds them. */

/** Types of operands and results; f16 needs the feature `shader-f16`. */
export type ElementType = 'f32' | 'i32' | 'u32' | 'f16';

export interface Question {
  /** An expression over the operands, called x, y and z; `opaque(x)` and `distinct(x)` are what fused kernels put around values. */
  readonly wgsl: string;
  /** One to three numbers for each case. */
  readonly operands: readonly (readonly number[])[];
  /** The type of the operands; f32 unless given. */
  readonly type?: ElementType;
  /** The type of the results; f32 unless given. */
  readonly result?: ElementType;
  /** WGSL that the expression calls. */
  readonly functions?: string;
  readonly enable?: 'f16' | 'subgroups';
  /** Statements for one invocation alone, which write so many elements of `results` themselves, in the place of an expression. */
  readonly alone?: { readonly statements: string; readonly results: number };
}

export type Ask = (question: Question) => Promise<number[]>;

const NAMES = ['x', 'y', 'z'];

interface QuestionAttributes extends Attributes {
  readonly shader: string;
  readonly cases: number;
  readonly words: number;
}

const questionOp = defineOp<QuestionAttributes>({
  name: 'question',
  infer: (_, { words }) => ({ shape: [words], dtype: 'u32' }),
  derivative: null,
  kernel: ({ inputs: [operands], output: results, attributes: { shader, cases } }) => ({
    shader,
    entry: 'answer',
    bind: { operands, results },
    sizes: { cases, zero: 0, otherZero: 0 },
    grid: [Math.ceil(cases / 64)],
  }),
  cost: () => ({ flops: 0, bytes: 0 }),
});

/** The answers, a number for each case. @throws GpuError when the adapter refuses the shader */
export async function ask(device: Device, question: Question): Promise<number[]> {
  const { operands, type = 'f32', result = 'f32', alone } = question;
  const cases = alone === undefined ? operands.length : 1;
  const count = alone?.results ?? cases;
  const data = encoded(operands.flat(), type);
  const attributes = { shader: shaderOf(question), cases, words: wordsOf(count, result) };
  const executable = await compile(
    () => questionOp([literal(data, [data.length], 'u32')], attributes),
    {},
    {
      device,
      name: question.wgsl,
    },
  );
  try {
    const words = await executable.run({}).read();
    return decoded(words.buffer as ArrayBuffer, result).slice(0, count);
  } finally {
    executable.free();
  }
}

/** Elements of two bytes share a word. */
const wordsOf = (count: number, type: ElementType) => Math.ceil(count / (type === 'f16' ? 2 : 1));

const arrays = { f32: Float32Array, i32: Int32Array, u32: Uint32Array };

/** Numbers as the words of a buffer. */
function encoded(numbers: readonly number[], type: ElementType): Uint32Array {
  const words = new Uint32Array(wordsOf(numbers.length, type));
  if (type === 'f16') new Uint16Array(words.buffer).set(numbers.map(encodeF16));
  else new arrays[type](words.buffer).set(numbers);
  return words;
}

const decoded = (words: ArrayBuffer, type: ElementType): number[] =>
  type === 'f16' ? Array.from(new Uint16Array(words), decodeF16) : Array.from(new arrays[type](words));

function shaderOf({ wgsl, operands, type = 'f32', result = 'f32', functions = '', enable, alone }: Question): string {
  const each = operands[0].length;
  const loads = NAMES.slice(0, each).map((name, k) => `let ${name} = operands[${each}u * id.x + ${k}u];`);
  return [
    ...(enable === undefined ? [] : [`enable ${enable};`]),
    ...(enable === 'subgroups' ? ['diagnostic(off, subgroup_uniformity);'] : []),
    'struct Sizes { cases: u32, zero: u32, otherZero: u32 }',
    '@group(0) @binding(0) var<uniform> sizes: Sizes;',
    `@group(0) @binding(1) var<storage, read> operands: array<${type}>;`,
    `@group(0) @binding(2) var<storage, read_write> results: array<${result}>;`,
    'fn opaque(x: f32) -> f32 { return bitcast<f32>(bitcast<u32>(x) ^ sizes.zero); }',
    'fn distinct(x: f32) -> f32 { return bitcast<f32>(bitcast<u32>(x) ^ sizes.otherZero); }',
    functions,
    '@compute @workgroup_size(64)',
    'fn answer(@builtin(global_invocation_id) id: vec3u) {',
    '  if (id.x >= sizes.cases) { return; }',
    ...(alone === undefined ? [...loads, `results[id.x] = ${wgsl};`] : [alone.statements]),
    '}',
  ].join('\n');
}
