/**
 * The nearest point, in L2, of the box [0, 1]^n and the L1 ball around a centre at once (Croce and Hein, arXiv 2103.01208, section 3.1),
 * exact but for rounding: every change shrinks by the same amount, those that leave the box at least to its border.
 * @param z [n], overwritten
 * @param centre a point of the box
 */
export function projectOntoL1Ball(z: Float64Array, centre: ArrayLike<number>, eps: number): void {
  const size = z.length;
  const change = new Float64Array(size);
  const room = new Float64Array(size);
  for (let p = 0; p < size; p++) {
    change[p] = Math.abs(z[p] - centre[p]);
    room[p] = z[p] > centre[p] ? 1 - centre[p] : centre[p];
  }
  const shrinkage = shrinkageFor(change, room, eps);
  for (let p = 0; p < size; p++) {
    const length = Math.min(room[p], Math.max(0, change[p] - shrinkage));
    // Where nothing is left, the pixel is the original's to the last bit.
    z[p] = length === 0 ? centre[p] : centre[p] + (z[p] > centre[p] ? length : -length);
  }
}

/** By how much changes must shrink so that their sum is at most eps; 0 where it is already, within the box. */
function shrinkageFor(change: Float64Array, room: Float64Array, eps: number): number {
  const left = (shrinkage: number): number => {
    let sum = 0;
    for (let p = 0; p < change.length; p++) sum += Math.min(room[p], Math.max(0, change[p] - shrinkage));
    return sum;
  };
  if (left(0) <= eps) return 0;
  // Between two neighbouring kinks the sum falls along a straight line.
  const kinks = new Float64Array(2 * change.length + 1);
  kinks.set(change);
  for (let p = 0; p < change.length; p++) kinks[change.length + p] = Math.max(0, change[p] - room[p]);
  kinks.sort();
  let low = 0;
  let high = kinks.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (left(kinks[middle]) > eps) low = middle;
    else high = middle;
  }
  const [above, below] = [left(kinks[low]), left(kinks[high])];
  return above === below ? kinks[high] : kinks[low] + ((above - eps) / (above - below)) * (kinks[high] - kinks[low]);
}
