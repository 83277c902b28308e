/** Philox4x32-10 and what is drawn from it, in exact integers, as the papers print it. */

const MASK = 0xffffffffn;

/** Salmon et al. 2011: ten rounds of (x0, x1, x2, x3) -> (hi(M1 x2) ^ x1 ^ k0, lo(M1 x2), hi(M0 x0) ^ x3 ^ k1, lo(M0 x0)). */
export function philoxBlock(counter: readonly number[], key: readonly number[]): number[] {
  let [x0, x1, x2, x3] = counter.map(BigInt);
  let [k0, k1] = key.map(BigInt);
  for (let round = 0; round < 10; round++) {
    const product0 = 0xd2511f53n * x0;
    const product1 = 0xcd9e8d57n * x2;
    [x0, x1, x2, x3] = [(product1 >> 32n) ^ x1 ^ k0, product1 & MASK, (product0 >> 32n) ^ x3 ^ k1, product0 & MASK];
    k0 = (k0 + 0x9e3779b9n) & MASK;
    k1 = (k1 + 0xbb67ae85n) & MASK;
  }
  return [x0, x1, x2, x3].map(Number);
}

/** Word `offset` of a stream: the 128-bit counter is offset / 4 + 2^64 (stream + 2^32 substream), the 64-bit key the seed. */
export function philoxWord(seed: number, stream: number, substream: number, offset: number): number {
  const counter = BigInt(offset) / 4n + (BigInt(stream) << 64n) + (BigInt(substream) << 96n);
  const counterWords = [0n, 32n, 64n, 96n].map((shift) => Number((counter >> shift) & MASK));
  const keyWords = [0n, 32n].map((shift) => Number((BigInt(seed) >> shift) & MASK));
  return philoxBlock(counterWords, keyWords)[offset % 4];
}

/** Fisher-Yates with Lemire's bounded integers, drawing words 0, 1, 2, ... of a stream; also says how many it drew. */
export function philoxPermutation(n: number, seed: number, stream: number, substream: number) {
  let drawn = 0;
  let block: number[] = [];
  const next = () => {
    if (drawn % 4 === 0) block = [0, 1, 2, 3].map((i) => philoxWord(seed, stream, substream, drawn + i));
    return BigInt(block[drawn++ % 4]);
  };
  const order = Array.from({ length: n }, (_, i) => i);
  for (let last = n - 1; last > 0; last--) {
    const bound = BigInt(last + 1);
    let product = next() * bound;
    while ((product & MASK) < (MASK + 1n) % bound) product = next() * bound;
    const chosen = Number(product >> 32n);
    [order[chosen], order[last]] = [order[last], order[chosen]];
  }
  return { order, drawn };
}
