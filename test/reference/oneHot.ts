export const oneHot = (labels: ArrayLike<number>, classes: number): Float64Array =>
  Float64Array.from({ length: labels.length * classes }, (_, i) =>
    i % classes === labels[Math.floor(i / classes)] ? 1 : 0,
  );
