/**
 * A small assembler of WebAssembly's binary format: as much as a loop over pairs of doubles needs. Instructions are byte lists;
 * those that take operands take them as instructions, so that code reads inside out, as the text format does.
 */
export type Code = readonly number[];

/** Types of parameters and locals: whole numbers (addresses in bytes, numbers of things), doubles, pairs of doubles. */
export const I32 = 0x7f;
export const F64 = 0x7c;
export const V128 = 0x7b;

/** A function that returns nothing. */
export interface WasmFunction {
  readonly name: string;
  /** Types of the function's parameters. */
  readonly parameters: readonly number[];
  /** Types of the locals after the parameters. */
  readonly locals: readonly number[];
  readonly body: Code;
}

/** Bytes of a page of memory. */
export const PAGE = 65536;

const SIMD = 0xfd;
/** 16 bytes for v128, 8 for a double: alignment is a hint, as a power of two. */
const ALIGNED_8 = 3;

export const get = (local: number): Code => [0x20, ...unsigned(local)];
export const set = (local: number, value: Code): Code => [...value, 0x21, ...unsigned(local)];
export const number = (value: number): Code => [0x41, ...signed(value)];
export const add = (a: Code, b: Code): Code => [...a, ...b, 0x6a];
export const subtract = (a: Code, b: Code): Code => [...a, ...b, 0x6b];
export const multiply = (a: Code, b: Code): Code => [...a, ...b, 0x6c];
/** Calls the function at an index of the module. */
export const call = (index: number, ...operands: readonly Code[]): Code => [
  ...operands.flat(),
  0x10,
  ...unsigned(index),
];
export const below = (a: Code, b: Code): Code => [...a, ...b, 0x49];

/** Two doubles side by side. */
export const load = (address: Code, offset = 0): Code => [...address, ...simd(0x00), ALIGNED_8, ...unsigned(offset)];
export const store = (address: Code, value: Code, offset = 0): Code => [
  ...address,
  ...value,
  ...simd(0x0b),
  ALIGNED_8,
  ...unsigned(offset),
];
/** The double at an address, twice. */
export const loadTwice = (address: Code, offset = 0): Code => [
  ...address,
  ...simd(0x0a),
  ALIGNED_8,
  ...unsigned(offset),
];
/** A double, twice. */
export const twice = (value: Code): Code => [...value, ...simd(0x14)];
export const addPairs = (a: Code, b: Code): Code => [...a, ...b, ...simd(0xf0)];
export const subtractPairs = (a: Code, b: Code): Code => [...a, ...b, ...simd(0xf1)];
export const multiplyPairs = (a: Code, b: Code): Code => [...a, ...b, ...simd(0xf2)];
/** The first of each of two pairs, and the second of each. */
export const firsts = (a: Code, b: Code): Code => shuffle(a, b, 0);
export const seconds = (a: Code, b: Code): Code => shuffle(a, b, 8);
export const ZEROS: Code = [...simd(0x0c), ...Array<number>(16).fill(0)];

/** Runs the body once, and again as long as the condition, an i32, is not 0. */
export const repeatWhile = (condition: Code, ...body: readonly Code[]): Code => [
  0x03,
  0x40,
  ...body.flat(),
  ...condition,
  0x0d,
  0x00,
  0x0b,
];

/** A memory that grows; its buffer is another one after it has. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

type Exports = Readonly<Record<string, (...operands: number[]) => void>>;

/** As much of the interface as is used: browsers and Node have it, TypeScript knows it only with all of the browser's. */
declare const WebAssembly: {
  readonly Memory: new (size: { readonly initial: number }) => WasmMemory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: Exports };
};

export function newMemory(pages: number): WasmMemory {
  return new WebAssembly.Memory({ initial: pages });
}

/** Compiles the functions and lets them work on the memory. */
export function instantiate(functions: readonly WasmFunction[], pages: WasmMemory): Exports {
  return new WebAssembly.Instance(new WebAssembly.Module(assemble(functions)), { memory: { pages } }).exports;
}

/** Bytes of a module that exports its functions and imports its memory as `memory.pages`. */
function assemble(functions: readonly WasmFunction[]): Uint8Array {
  const types = functions.map(({ parameters }) => [0x60, ...vector(parameters.map((type) => [type])), 0x00]);
  const imported = [...text('memory'), ...text('pages'), 0x02, 0x00, 0x01];
  const exported = functions.map(({ name }, index) => [...text(name), 0x00, ...unsigned(index)]);
  const bodies = functions.map(({ locals, body }) => {
    const code = [...vector(locals.map((type) => [0x01, type])), ...body, 0x0b];
    return [...unsigned(code.length), ...code];
  });
  return Uint8Array.of(
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, vector(types)),
    ...section(2, vector([imported])),
    ...section(3, vector(functions.map((_, index) => unsigned(index)))),
    ...section(7, vector(exported)),
    ...section(10, vector(bodies)),
  );
}

function simd(opcode: number): Code {
  return [SIMD, ...unsigned(opcode)];
}

function shuffle(a: Code, b: Code, from: number): Code {
  const lanes = Array.from({ length: 8 }, (_, k) => from + k);
  return [...a, ...b, ...simd(0x0d), ...lanes, ...lanes.map((lane) => lane + 16)];
}

function section(id: number, content: Code): Code {
  return [id, ...unsigned(content.length), ...content];
}

function vector(items: readonly Code[]): Code {
  return [...unsigned(items.length), ...items.flat()];
}

function text(value: string): Code {
  return vector(Array.from(value, (letter) => [letter.charCodeAt(0)]));
}

/** LEB128. */
function unsigned(value: number): Code {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

function signed(value: number): Code {
  return value >= -0x40 && value < 0x40 ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signed(value >> 7)];
}
