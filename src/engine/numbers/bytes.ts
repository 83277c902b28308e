import { decodeF8E4M3, encodeF8E4M3 } from './f8e4m3.ts';
import { decodeF8E5M2, encodeF8E5M2 } from './f8e5m2.ts';
import { decodeF16, encodeF16 } from './f16.ts';
import { decodeF32x2, encodeF32x2 } from './f32x2.ts';

/** Formats whose elements lie in device memory as codes that no JavaScript array understands. */
export type CodedDType = 'f8e4m3' | 'f8e5m2' | 'f16' | 'f32x2';

interface Code {
  readonly bytes: number;
  write(view: DataView, at: number, x: number): void;
  read(view: DataView, at: number): number;
}

const codes: Readonly<Record<CodedDType, Code>> = {
  f8e4m3: {
    bytes: 1,
    write: (view, at, x) => view.setUint8(at, encodeF8E4M3(x)),
    read: (view, at) => decodeF8E4M3(view.getUint8(at)),
  },
  f8e5m2: {
    bytes: 1,
    write: (view, at, x) => view.setUint8(at, encodeF8E5M2(x)),
    read: (view, at) => decodeF8E5M2(view.getUint8(at)),
  },
  f16: {
    bytes: 2,
    write: (view, at, x) => view.setUint16(at, encodeF16(x), true),
    read: (view, at) => decodeF16(view.getUint16(at, true)),
  },
  f32x2: {
    bytes: 8,
    write: (view, at, x) => {
      const [high, low] = encodeF32x2(x);
      view.setFloat32(at, high, true);
      view.setFloat32(at + 4, low, true);
    },
    read: (view, at) => decodeF32x2(view.getFloat32(at, true), view.getFloat32(at + 4, true)),
  },
};

/** Numbers as they lie in device memory: one after the other, filled up with zeros to whole words. Each is rounded once. */
export function encodeBytes(dtype: CodedDType, numbers: ArrayLike<number>): Uint8Array<ArrayBuffer> {
  const { bytes, write } = codes[dtype];
  const result = new Uint8Array(Math.ceil((numbers.length * bytes) / 4) * 4);
  const view = new DataView(result.buffer);
  for (let i = 0; i < numbers.length; i++) write(view, i * bytes, numbers[i]);
  return result;
}

/** Reads what `encodeBytes` wrote into an array of as many numbers. */
export function decodeBytes<T extends Float32Array | Float64Array>(dtype: CodedDType, memory: ArrayBuffer, into: T): T {
  const { bytes, read } = codes[dtype];
  const view = new DataView(memory);
  for (let i = 0; i < into.length; i++) into[i] = read(view, i * bytes);
  return into;
}
