/** Slices of x [outer, length, inner] by index; zeros for an index that is none. */
export function gather(
  x: ArrayLike<number>,
  [outer, length, inner]: readonly [number, number, number],
  indices: readonly number[],
): Float64Array {
  const places = Array.from({ length: outer }, (_, o) =>
    indices.flatMap((given) =>
      Array.from({ length: inner }, (_each, i) => {
        const index = given < 0 ? given + length : given;
        return index >= 0 && index < length ? (o * length + index) * inner + i : -1;
      }),
    ),
  ).flat();
  return Float64Array.from(places, (place) => (place < 0 ? 0 : x[place]));
}
