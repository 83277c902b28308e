/** log(softmax) of each row of K numbers, in float64. */
export function logSoftmax(x: ArrayLike<number>, K: number): Float64Array {
  const output = Float64Array.from(x);
  for (let first = 0; first < output.length; first += K) {
    const row = output.subarray(first, first + K);
    const largest = row.reduce((a, b) => Math.max(a, b));
    const logarithm = largest + Math.log(row.reduce((total, value) => total + Math.exp(value - largest), 0));
    row.forEach((value, k) => {
      row[k] = value - logarithm;
    });
  }
  return output;
}

export const softmax = (x: ArrayLike<number>, K: number): Float64Array => logSoftmax(x, K).map(Math.exp);

/** -log softmax(logits)[label] of each row. */
export function softmaxCrossEntropy(logits: ArrayLike<number>, labels: ArrayLike<number>, K: number): Float64Array {
  const logarithms = logSoftmax(logits, K);
  return Float64Array.from(labels, (label, row) => -logarithms[row * K + label]);
}

/** (softmax - one-hot label) · gradient of the row. */
export function softmaxCrossEntropyGradient(
  logits: ArrayLike<number>,
  labels: ArrayLike<number>,
  gradient: ArrayLike<number>,
  K: number,
): Float64Array {
  return softmax(logits, K).map((p, i) => {
    const row = Math.floor(i / K);
    return (p - (i % K === labels[row] ? 1 : 0)) * gradient[row];
  });
}
