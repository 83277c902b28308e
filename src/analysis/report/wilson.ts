import { normalQuantile } from '../survival/index.ts';

/** 95 % limits of a share among n (Wilson 1927). */
export function wilson(share: number, n: number): [number, number] {
  const z = normalQuantile(0.975);
  const centre = share + (z * z) / (2 * n);
  const margin = z * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  const whole = 1 + (z * z) / n;
  return [Math.max(0, (centre - margin) / whole), Math.min(1, (centre + margin) / whole)];
}
