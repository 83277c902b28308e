/** Rows of bytes by index, each byte replaced by its value; zeros for an index that is no row. */
export function byteRows(
  bytes: ArrayLike<number>,
  count: number,
  indices: ArrayLike<number>,
  values: ArrayLike<number>,
): Float64Array {
  const row = bytes.length / count;
  return Float64Array.from({ length: indices.length * row }, (_, i) => {
    const index = indices[Math.floor(i / row)];
    return index >= 0 && index < count ? values[bytes[index * row + (i % row)]] : 0;
  });
}
