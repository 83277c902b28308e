/** Cuts each image out of its padded self: the padded image is made first, pixel by pixel, then mirrored, then cut. */
export function crop(
  x: ArrayLike<number>,
  [images, channels, height, width]: readonly number[],
  places: ArrayLike<number>,
  padding: number,
  mode: 'zeros' | 'reflect',
): Float64Array {
  const mirrored = (at: number, length: number) => {
    const period = 2 * (length - 1);
    const folded = ((at % period) + period) % period;
    return Math.min(folded, period - folded);
  };
  const inside = (at: number, length: number) => at >= 0 && at < length;
  const result: number[] = [];
  for (let n = 0; n < images; n++) {
    const [top, left, flip] = [places[3 * n], places[3 * n + 1], places[3 * n + 2]];
    for (let c = 0; c < channels; c++) {
      const plane = Array.from({ length: height }, (_, i) =>
        Array.from({ length: width }, (_, j) => x[((n * channels + c) * height + i) * width + j]),
      );
      const padded = Array.from({ length: height + 2 * padding }, (_, i) =>
        Array.from({ length: width + 2 * padding }, (_, j) => {
          const [row, column] = [i - padding, j - padding];
          if (mode === 'reflect') return plane[mirrored(row, height)][mirrored(column, width)];
          return inside(row, height) && inside(column, width) ? plane[row][column] : 0;
        }),
      );
      for (const row of padded.slice(top, top + height)) {
        const cut = row.slice(left, left + width);
        result.push(...(flip ? cut.reverse() : cut));
      }
    }
  }
  return Float64Array.from(result);
}
