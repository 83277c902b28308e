import { drawNormal, drawUniform, streamId } from '../../../../../base/philox.ts';
import { clipPixel, lengthOf, rowOf } from '../../run/rows.ts';
import { areMisclassified, type BorderWalk } from './borderWalk.ts';

/** Points held at once. */
const MOST_POINTS = 2048;

/** How the points around a row are drawn. */
interface Cloud {
  /** From 1; every iteration has random numbers of its own. */
  readonly iteration: number;
  /** Points around each row. */
  readonly count: number;
  /** Distance of the points from where the row stands, for each of the rows. */
  readonly radii: readonly number[];
}

/** Random points at a distance around where a row stands: [count, pixels]. */
function pointsAround(
  { ask: { pixels }, batch, norm, seed }: BorderWalk,
  x: Float32Array,
  row: number,
  { iteration, count, radius }: Omit<Cloud, 'radii'> & { readonly radius: number },
): Float32Array {
  const points = new Float32Array(count * pixels);
  const source = { seed, stream: streamId(`hopskipjump.noise.${iteration}`), substream: batch.sample[row] };
  const noise =
    norm === '2' ? drawNormal(source, count * pixels) : drawUniform(source, count * pixels).map((u) => 2 * u - 1);
  const centre = rowOf(x, row, pixels);
  for (let k = 0; k < count; k++) {
    const step = rowOf(noise, k, pixels);
    const factor = radius / lengthOf(step, '2');
    for (let p = 0; p < pixels; p++) points[k * pixels + p] = clipPixel(centre[p] + factor * step[p]);
  }
  return points;
}

/** The direction in which points around a centre are adversarial, of length 1; signs in L∞. @param points [count, pixels] */
function normalOf(
  norm: 'inf' | '2',
  centre: Float32Array,
  points: Float32Array,
  areAdversarial: readonly boolean[],
): Float64Array {
  const pixels = centre.length;
  const normal = new Float64Array(pixels);
  const signs = areAdversarial.map((is) => (is ? 1 : -1));
  const mean = signs.reduce((a, b) => a + b, 0) / signs.length;
  signs.forEach((sign, k) => {
    // Where all agree, the baseline would leave nothing.
    const weight = Math.abs(mean) === 1 ? sign : sign - mean;
    for (let p = 0; p < pixels; p++) normal[p] += weight * (points[k * pixels + p] - centre[p]);
  });
  const length = lengthOf(normal, '2') || 1;
  return normal.map((value) => (norm === '2' ? value / length : Math.sign(value)));
}

/** Normals of the border where rows stand, estimated from the classes of random points around them: [rows, pixels]; signs in L∞. */
export async function borderNormals(
  walk: BorderWalk,
  x: Float32Array,
  rows: readonly number[],
  { iteration, count, radii }: Cloud,
): Promise<Float64Array> {
  const { ask, norm } = walk;
  const { pixels } = ask;
  const normals = new Float64Array(rows.length * pixels);
  const together = Math.max(1, Math.floor(MOST_POINTS / count));
  let before = async () => {};
  for (let first = 0; first < rows.length; first += together) {
    const part = rows.slice(first, first + together);
    // The device answers the part before meanwhile.
    const points = new Float32Array(part.length * count * pixels);
    part.forEach((row, i) => {
      const around = pointsAround(walk, x, row, { iteration, count, radius: radii[first + i] });
      points.set(around, i * count * pixels);
    });
    const whose = part.flatMap((row) => new Array<number>(count).fill(row));
    const { answered } = await ask.submit({ images: points, rows: whose });
    await before();
    before = async () => {
      const wrong = areMisclassified(walk, await answered, whose);
      part.forEach((row, i) => {
        const around = rowOf(points, i, count * pixels);
        const normal = normalOf(norm, rowOf(x, row, pixels), around, wrong.slice(i * count, (i + 1) * count));
        normals.set(normal, (first + i) * pixels);
      });
    };
  }
  await before();
  return normals;
}
