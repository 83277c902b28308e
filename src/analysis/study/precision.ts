/** Number formats that a study's models can name. */
export const PRECISIONS = ['f8', 'f16', 'f32', 'f32x2', 'f64'] as const;

export type Precision = (typeof PRECISIONS)[number];
