import { BinaryReader } from '@bufbuild/protobuf/wire';
import { InputError } from '../../../base/errors.ts';
import { decodeF8E4M3, decodeF8E5M2, decodeF16, elements, type Shape, type TypedArray } from '../../../engine/index.ts';
import { quote } from '../../checkpoint/header.ts';
import { ELEMENT_TYPES, type ElementType, elementTypeOf } from './elementType.ts';
import { decode } from './message.ts';
import { EXTERNAL, type TensorProto, tensorProto } from './schema.ts';

/**
 * Numbers on the host: float, float16, bfloat16 and 8-bit floats in a Float32Array; double and integers of 64 bits in a Float64Array,
 * exact up to 2^53; other integers in an Int32Array or a Uint32Array; bool as 0 and 1 in a Uint32Array.
 */
export interface HostTensor {
  readonly type: ElementType;
  readonly shape: Shape;
  readonly data: TypedArray;
}

/**
 * Reads data that lie beside the model.
 * @param location as the model names it: a path relative to the model's folder, which the reader must not leave
 * @param length bytes; undefined: up to the end
 * @throws InputError where there are no such bytes
 */
export type ReadExternal = (location: string, offset: number, length: number | undefined) => Uint8Array;

export interface TensorSource {
  /** Names the file in messages. */
  readonly file: string;
  readonly readExternal?: ReadExternal;
}

/** The array that holds numbers of a type. */
export function arrayOf(type: ElementType, length: number): TypedArray {
  const { bits, dtype } = ELEMENT_TYPES[type];
  if (bits === 64) return new Float64Array(length);
  if (dtype === 'i32') return new Int32Array(length);
  return dtype === 'u32' || dtype === 'bool' ? new Uint32Array(length) : new Float32Array(length);
}

/** What a tensor is, before its numbers are read. @throws InputError for types and shapes that are not read */
export function tensorType(tensor: TensorProto, file: string): { readonly type: ElementType; readonly shape: Shape } {
  const where = `${file}: tensor ${quote(tensor.name ?? '')}`;
  const type = elementTypeOf(tensor.dataType);
  if (type === undefined)
    throw new InputError(
      `${where}: its data type is number ${tensor.dataType ?? 0}, should be one of ${Object.keys(ELEMENT_TYPES).join(', ')}`,
    );
  const wrong = tensor.dims.find((length) => !Number.isSafeInteger(length) || length < 0);
  if (wrong !== undefined || !Number.isSafeInteger(elements(tensor.dims)))
    throw new InputError(`${where}: its shape is [${tensor.dims.join(', ')}]; lengths must be whole numbers from 0`);
  return { type, shape: tensor.dims };
}

/**
 * The numbers of a tensor: a view of the file where they lie aligned and have the host's format.
 * @throws InputError when the data do not fit type and shape
 */
export function readTensor(tensor: TensorProto, source: TensorSource): HostTensor {
  const { type, shape } = tensorType(tensor, source.file);
  const size = elements(shape);
  const fail = (why: string): never => {
    throw new InputError(`${source.file}: tensor ${quote(tensor.name ?? '')} of ${type}[${shape.join(', ')}] ${why}`);
  };
  const raw = tensor.dataLocation === EXTERNAL ? externalBytes(tensor, source) : tensor.rawData;
  if (raw !== undefined) {
    const needed = Math.ceil((size * ELEMENT_TYPES[type].bits) / 8);
    if (raw.length !== needed) fail(`has ${raw.length} bytes of data, should have ${needed}`);
    return { type, shape, data: fromRaw(type, raw, size) };
  }
  const data = fromFields(type, tensor, size, fail);
  if (data.length !== size) fail(`has ${data.length} numbers, should have ${size}`);
  return { type, shape, data };
}

/** The tensor of a file that holds nothing else, as inputs and outputs of tests are kept. @throws InputError */
export const decodeTensor = (bytes: Uint8Array, file: string): HostTensor =>
  readTensor(decode(tensorProto, bytes, file), { file });

const failing =
  ({ name = '' }: TensorProto, file: string) =>
  (why: string): never => {
    throw new InputError(`${file}: tensor ${quote(name)} ${why}`);
  };

const externalEntries = ({ externalData }: TensorProto): ReadonlyMap<string | undefined, string> =>
  new Map(externalData.map(({ key, value }) => [key, value ?? '']));

/** The file that the data of a tensor lie in, as it names it. @throws InputError when it names none */
export const externalLocation = (tensor: TensorProto, file: string): string =>
  externalEntries(tensor).get('location') ?? failing(tensor, file)('lies in another file, but does not say in which');

/** The data of a tensor that lie in another file. @throws InputError when they cannot be read */
export function externalBytes(tensor: TensorProto, { file, readExternal }: TensorSource): Uint8Array {
  const fail = failing(tensor, file);
  const entries = externalEntries(tensor);
  const location = externalLocation(tensor, file);
  if (readExternal === undefined) return fail(`lies in ${quote(location)}, which cannot be read from here`);
  const numberOf = (key: string): number | undefined => {
    const value = entries.get(key);
    if (value === undefined || value === '') return undefined;
    const number = Number(value);
    return Number.isSafeInteger(number) && number >= 0
      ? number
      : fail(`has the ${key} ${quote(value)} in another file`);
  };
  return readExternal(location, numberOf('offset') ?? 0, numberOf('length'));
}

/** Little-endian elements one after the other, those of 4 bits two in a byte, the lower half first. */
function fromRaw(type: ElementType, raw: Uint8Array, size: number): TypedArray {
  const { bits } = ELEMENT_TYPES[type];
  const at = raw.byteOffset;
  // Not `slice`, which does not copy if the bytes are a Buffer of Node.
  const aligned = at % (bits / 8 || 1) === 0 ? raw : new Uint8Array(raw);
  const { buffer, byteOffset } = aligned as Uint8Array<ArrayBuffer>;
  switch (type) {
    case 'float':
      return new Float32Array(buffer, byteOffset, size);
    case 'double':
      return new Float64Array(buffer, byteOffset, size);
    case 'int32':
      return new Int32Array(buffer, byteOffset, size);
    case 'uint32':
      return new Uint32Array(buffer, byteOffset, size);
    case 'int64':
      return Float64Array.from(new BigInt64Array(buffer, byteOffset, size), Number);
    case 'uint64':
      return Float64Array.from(new BigUint64Array(buffer, byteOffset, size), Number);
    case 'float16':
    case 'bfloat16':
    case 'uint16':
      return fromCodes(type, new Uint16Array(buffer, byteOffset, size));
    case 'int16':
      return Int32Array.from(new Int16Array(buffer, byteOffset, size));
    case 'int8':
      return Int32Array.from(new Int8Array(buffer, byteOffset, size));
    case 'uint4':
    case 'int4':
      return fromCodes(
        type,
        Array.from({ length: size }, (_, i) => (raw[i >> 1] >> (4 * (i & 1))) & 15),
      );
    default:
      return fromCodes(type, raw);
  }
}

/** Numbers from the bits of each. */
function fromCodes(type: ElementType, codes: ArrayLike<number>): TypedArray {
  const result = arrayOf(type, codes.length);
  const numberOf = DECODED[type] ?? ((code: number) => code);
  for (let i = 0; i < codes.length; i++) result[i] = numberOf(codes[i]);
  return result;
}

const word = new DataView(new ArrayBuffer(4));

/** The number of bfloat16 nearest to x; of two, the one whose last bit is 0. */
export function roundToBfloat16(x: number): number {
  if (!Number.isFinite(x)) return x;
  word.setFloat32(0, x);
  const bits = word.getUint32(0);
  word.setUint32(0, (bits + 0x7fff + ((bits >>> 16) & 1)) & 0xffff0000);
  return word.getFloat32(0);
}

/** How bits are numbers, where they are not a number themselves. */
const DECODED: Partial<Record<ElementType, (code: number) => number>> = {
  float16: decodeF16,
  bfloat16: (code) => {
    word.setUint16(0, code);
    return word.getFloat32(0);
  },
  float8e4m3fn: decodeF8E4M3,
  float8e5m2: decodeF8E5M2,
  int4: (code) => (code ^ 8) - 8,
  bool: (code) => Number(code !== 0),
};

/** Numbers in the typed fields of a tensor; those of few bits lie in `int32_data`, two of 4 bits in one. */
function fromFields(type: ElementType, tensor: TensorProto, size: number, fail: (why: string) => never): TypedArray {
  switch (type) {
    case 'float':
    case 'double': {
      const data = (type === 'float' ? tensor.floatData : tensor.doubleData) ?? new Uint8Array();
      const width = type === 'float' ? 4 : 8;
      return data.length === size * width ? fromRaw(type, data, size) : arrayOf(type, Math.floor(data.length / width));
    }
    case 'int64':
      return fromVarints(type, tensor.int64Data, size, fail);
    case 'uint32':
    case 'uint64':
      return fromVarints(type, tensor.uint64Data, size, fail);
    case 'int32':
    case 'int16':
    case 'int8':
      return fromVarints(type, tensor.int32Data, size, fail);
    case 'int4':
    case 'uint4':
      return fromRaw(type, Uint8Array.from(fromVarints('uint8', tensor.int32Data, Math.ceil(size / 2), fail)), size);
    default:
      return fromCodes(type, fromVarints('uint16', tensor.int32Data, size, fail));
  }
}

function fromVarints(
  type: ElementType,
  packed: Uint8Array | undefined,
  size: number,
  fail: (why: string) => never,
): TypedArray {
  const bytes = packed ?? new Uint8Array();
  // Each number takes at least a byte: no file makes an array that is larger than itself by more than the width of a number.
  if (size > bytes.length) fail(`has ${bytes.length} bytes of numbers, which cannot be ${size} numbers`);
  const result = arrayOf(type, size);
  const reader = new BinaryReader(bytes);
  const next = () => {
    try {
      return Number(type === 'uint64' ? reader.uint64() : reader.int64());
    } catch {
      return fail('holds a number that is truncated');
    }
  };
  for (let i = 0; i < size; i++) {
    if (reader.pos >= reader.len) fail(`has ${i} numbers, should have ${size}`);
    result[i] = next();
  }
  if (reader.pos < reader.len) fail(`has more than ${size} numbers`);
  return result;
}
