/** What a training step loses to loading its images. */

import { compile, type Device } from '../src/engine/index.ts';
import { batches, openFeed, type Split } from '../src/models/index.ts';
import { interleave, type Rounds, type Subject, summarise } from './measure.ts';
import { CLASSES, type Network, networkOf } from './peers/network.mjs';
import type { Row } from './result.ts';
import { subjectOf, type Workload } from './workload.ts';

/** As many images as MNIST and CIFAR-10 have for training. */
const IMAGES: Readonly<Record<string, number>> = { W4m: 60_000, W4: 50_000 };

/** Where a batch comes from: a data set that lies on the device, or bytes that are uploaded for each step. */
const ways = ['resident', 'streamed'] as const;

type Loading = Subject & { free(): void };

/**
 * Training steps whose images never change, and the loading of a batch by itself, in turns.
 * @returns milliseconds, and what share of a step loading takes. Whole steps with and without loading differ by less than the machine's
 * moods, so that the share is that of the loading's own time; on the device the two may overlap, which counts as nothing here.
 */
export async function benchLoading(
  device: Device,
  workloads: readonly Workload[],
  rounds: Rounds,
): Promise<{ rows: Row[]; shares: string[] }> {
  const rows: Row[] = [];
  const shares: string[] = [];
  for (const workload of workloads) {
    const { name } = workload;
    const network = networkOf(name);
    const split = patternedSplit(network, IMAGES[name]);
    const prepared = await workload.prepare(device);
    const loadings: Loading[] = [];
    for (const way of ways) loadings.push(await prepareLoading(device, network, split, way));
    const [step, ...timings] = await interleave([subjectOf(device, { name, prepared }), ...loadings], rounds);
    for (const { free } of [prepared, ...loadings]) free();
    const row = (what: string, milliseconds: readonly number[]): Row => ({
      workload: `${name} ${what}`,
      system: 'outlast',
      metric: 'ms',
      roofline: null,
      ...summarise(milliseconds),
    });
    rows.push(row('step', step.milliseconds));
    timings.forEach(({ milliseconds }, i) => {
      rows.push(row(`${ways[i]} batch`, milliseconds));
      const { median } = summarise(milliseconds.map((each, round) => each / step.milliseconds[round]));
      shares.push(`${name}: loading a ${ways[i]} batch takes ${(100 * median).toFixed(2)} % of a step`);
    });
  }
  return { rows, shares };
}

function patternedSplit({ channels, side }: Network, count: number): Split {
  const size = count * channels * side * side;
  const images = Uint8Array.from({ length: size }, (_, i) => Math.imul(i, 2_654_435_761) >>> 24);
  return { images, labels: Uint8Array.from({ length: count }, (_, i) => i % CLASSES), count };
}

/** Batches of one epoch after the other. */
function* order({ count }: Split, batch: number): Generator<Uint32Array> {
  for (let epoch = 1; ; epoch++) yield* batches(count, batch, 0, epoch, { dropLast: true });
}

/** A batch and nothing else: order, gathering, upload, floats on the device. */
async function prepareLoading(
  device: Device,
  { batch, channels, side }: Network,
  split: Split,
  way: (typeof ways)[number],
): Promise<Loading> {
  const options = way === 'streamed' ? { mostResident: 0 } : {};
  const feed = openFeed(device, split, [channels, side, side], batch, options);
  const load = await compile(
    ({ data }) => ({ ...feed.batch(data) }),
    { data: feed.specs },
    { device, name: 'loading' },
  );
  const indices = order(split, batch);
  return {
    name: `${way} batch`,
    call: async (times) => {
      for (let i = 0; i < times; i++) load.run({ data: feed.feeds(indices.next().value) });
      await device.settle('loading');
    },
    free: () => {
      load.free();
      feed.free();
    },
  };
}
