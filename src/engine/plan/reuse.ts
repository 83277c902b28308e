/** Memory that is needed from one point of a schedule to another, both included. */
export interface Lifetime {
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
}

export interface Sharing {
  /** Which buffer each lifetime gets. */
  readonly buffers: readonly number[];
  /** Bytes of each buffer. */
  readonly bytes: readonly number[];
}

/**
 * Lets values that are never alive together share buffers: the largest first, each into the smallest buffer that is free for as long
 * as it lives (Pisarchyk and Lee 2020, "Efficient memory management for deep neural net inference", greedy by size).
 */
export function shareBuffers(lifetimes: readonly Lifetime[]): Sharing {
  const buffers = new Array<number>(lifetimes.length);
  const bytes: number[] = [];
  const tenants: Lifetime[][] = [];
  const largestFirst = lifetimes.map((_, i) => i).sort((a, b) => lifetimes[b].bytes - lifetimes[a].bytes || a - b);
  for (const i of largestFirst) {
    const lifetime = lifetimes[i];
    const overlaps = (other: Lifetime) => other.first <= lifetime.last && lifetime.first <= other.last;
    // Buffers were made in order of falling size, so the last one that is free is the smallest.
    let buffer = tenants.findLastIndex((living) => !living.some(overlaps));
    if (buffer === -1) {
      buffer = bytes.push(lifetime.bytes) - 1;
      tenants.push([]);
    }
    tenants[buffer].push(lifetime);
    buffers[i] = buffer;
  }
  return { buffers, bytes };
}
