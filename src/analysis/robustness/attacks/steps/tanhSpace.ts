/**
 * Gradient descent on w with pixels (tanh w + 1) / 2, which never leave [0, 1] (Carlini and Wagner, arXiv 1608.04644, section V.B),
 * by Adam (Kingma and Ba, arXiv 1412.6980, algorithm 1).
 */
export interface TanhDescent {
  readonly w: Float64Array;
  readonly mean: Float64Array;
  readonly square: Float64Array;
  /** Steps taken since each row began. */
  readonly taken: Int32Array;
}

/** Keeps black and white pixels at a finite w. */
const SMOOTHER = 0.999999;

const toTanh = (pixel: number): number => Math.atanh((2 * pixel - 1) * SMOOTHER);
export const fromTanh = (w: number): number => (Math.tanh(w) + 1) / 2;

export const openDescent = (images: Float32Array, rows: number): TanhDescent => ({
  w: Float64Array.from(images, toTanh),
  mean: new Float64Array(images.length),
  square: new Float64Array(images.length),
  taken: new Int32Array(rows),
});

export const copyDescent = ({ w, mean, square, taken }: TanhDescent): TanhDescent => ({
  w: w.slice(),
  mean: mean.slice(),
  square: square.slice(),
  taken: taken.slice(),
});

/** Restarts a row from an image, in place. */
export function restartRow({ w, mean, square, taken }: TanhDescent, row: number, image: Float32Array): void {
  const at = row * image.length;
  image.forEach((pixel, p) => {
    w[at + p] = toTanh(pixel);
  });
  mean.fill(0, at, at + image.length);
  square.fill(0, at, at + image.length);
  taken[row] = 0;
}

const BETA1 = 0.9;
const BETA2 = 0.999;
const SMALL = 1e-8;

/** One step of Adam for a row, in place. @param slope derivative of the objective by a pixel */
export function descend(
  { w, mean, square, taken }: TanhDescent,
  row: number,
  pixels: number,
  learningRate: number,
  slope: (p: number) => number,
): void {
  taken[row]++;
  const correction1 = 1 - BETA1 ** taken[row];
  const correction2 = 1 - BETA2 ** taken[row];
  for (let p = 0; p < pixels; p++) {
    const at = row * pixels + p;
    const tanh = Math.tanh(w[at]);
    const gradient = (slope(p) * (1 - tanh * tanh)) / 2;
    mean[at] = BETA1 * mean[at] + (1 - BETA1) * gradient;
    square[at] = BETA2 * square[at] + (1 - BETA2) * gradient * gradient;
    w[at] -= (learningRate * (mean[at] / correction1)) / (Math.sqrt(square[at] / correction2) + SMALL);
  }
}
