import type { Shape } from '../../src/engine/graph/shape.ts';

type Pair = readonly [number, number];

export interface WindowsReferenceOptions {
  readonly kernel: Pair;
  readonly stride: Pair;
  /** [[top, bottom], [left, right]] */
  readonly padding: readonly [Pair, Pair];
  readonly dilation: Pair;
  readonly ceilMode: boolean;
}

/** Along one axis, for each window: the places of the plane that it sees, and how many of its places are in the padded plane. */
function along(length: number, i: 0 | 1, { kernel, stride, padding, dilation, ceilMode }: WindowsReferenceOptions) {
  const [before, after] = padding[i];
  const windows: { places: number[]; padded: number }[] = [];
  // Where the first and the last place of a window lie: a last one may hang over, if it starts before what is behind the plane.
  for (let start = -before; ; start += stride[i]) {
    const end = start + dilation[i] * (kernel[i] - 1);
    const hangs = end >= length + after;
    if (hangs && !(ceilMode && start < length && end - stride[i] < length + after - 1)) return windows;
    const all = Array.from({ length: kernel[i] }, (_, k) => start + k * dilation[i]);
    windows.push({
      places: all.filter((place) => place >= 0 && place < length),
      padded: all.filter((place) => place < length + after).length,
    });
  }
}

/** The elements that each window of [N, C, H, W] sees, row by row, how many there are with the padding's, and the shape of the result. */
export function windowsOf([N, C, H, W]: Shape, options: WindowsReferenceOptions) {
  const rows = along(H, 0, options);
  const columns = along(W, 1, options);
  const windows = Array.from({ length: N * C }, (_, plane) =>
    rows.flatMap((row) =>
      columns.map((column) => ({
        elements: row.places.flatMap((y) => column.places.map((x) => (plane * H + y) * W + x)),
        padded: row.padded * column.padded,
      })),
    ),
  ).flat();
  return { windows, shape: [N, C, rows.length, columns.length] };
}

export function averagePool2d(
  x: ArrayLike<number>,
  shape: Shape,
  { countIncludePad, ...options }: WindowsReferenceOptions & { readonly countIncludePad: boolean },
): Float64Array {
  return Float64Array.from(windowsOf(shape, options).windows, ({ elements, padded }) => {
    const sum = elements.reduce((total, i) => total + x[i], 0);
    return sum / (countIncludePad ? padded : elements.length);
  });
}

/** Index of the first maximum of each window. */
export const maximaOf = (x: ArrayLike<number>, shape: Shape, options: WindowsReferenceOptions): number[] =>
  windowsOf(shape, options).windows.map(({ elements }) => elements.reduce((best, i) => (x[i] > x[best] ? i : best)));
