/** Rows of x by index; zeros for an index that is no row. */
export function indexSelect(x: ArrayLike<number>, rows: number, indices: ArrayLike<number>): Float64Array {
  const row = x.length / rows;
  return Float64Array.from({ length: indices.length * row }, (_, i) => {
    const index = indices[Math.floor(i / row)];
    return index >= 0 && index < rows ? x[index * row + (i % row)] : 0;
  });
}
