/** An IDX file of unsigned bytes, as the page of MNIST describes it. */
export const idxFile = (shape: readonly number[], values: readonly number[]): Uint8Array =>
  Uint8Array.from([0, 0, 8, shape.length, ...shape.flatMap((size) => [0, 0, size >> 8, size & 255]), ...values]);
