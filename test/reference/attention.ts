/** softmax(q · kᵀ · scale) · v of one head: q [T, D], k [S, D], v [S, E]. */
export function attention(
  q: ArrayLike<number>,
  k: ArrayLike<number>,
  v: ArrayLike<number>,
  { T, S, D, E, scale }: Readonly<Record<'T' | 'S' | 'D' | 'E' | 'scale', number>>,
): Float64Array {
  const y = new Float64Array(T * E);
  for (let t = 0; t < T; t++) {
    const scores = Array.from({ length: S }, (_, s) => {
      let score = 0;
      for (let d = 0; d < D; d++) score += q[t * D + d] * k[s * D + d];
      return score * scale;
    });
    const largest = Math.max(...scores);
    const weights = scores.map((score) => Math.exp(score - largest));
    const total = weights.reduce((a, b) => a + b);
    for (let s = 0; s < S; s++) for (let e = 0; e < E; e++) y[t * E + e] += (weights[s] / total) * v[s * E + e];
  }
  return y;
}
