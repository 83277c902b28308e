/** Tensors put side by side: element i of tensor k at offsets[k] + i, zeros elsewhere. */
export function pack(tensors: readonly Float64Array[], offsets: readonly number[], size: number): Float64Array {
  const packed = new Float64Array(size);
  tensors.forEach((tensor, k) => {
    packed.set(tensor, offsets[k]);
  });
  return packed;
}

export const unpack = (packed: Float64Array, offset: number, size: number): Float64Array =>
  packed.slice(offset, offset + size);
