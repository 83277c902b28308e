import { type DType, hostArray, toBytes, type WideDType } from '../../graph/dtype.ts';

/** A number as the words of its format. */
export function wordsOf(value: number, dtype: DType): Uint32Array {
  const host = hostArray(dtype, 1);
  host[0] = value;
  const { buffer, byteOffset, byteLength: bytes } = toBytes(dtype, host);
  return new Uint32Array(buffer, byteOffset, bytes / 4);
}

/** WGSL that declares an array of constants in a format of two words. */
export function tableText(name: string, T: WideDType, numbers: readonly number[]): string {
  const values = numbers.map((number) => {
    const words = `vec2u(${Array.from(wordsOf(number, T), (word) => `${word}u`).join(', ')})`;
    return T === 'f64' ? words : `bitcast<vec2f>(${words})`;
  });
  return `const ${name} = array<${T}_value, ${numbers.length}>(${values.join(', ')});`;
}
