import { expect, test } from 'vitest';
import {
  ATTACK_NAMES,
  type AttackName,
  type AttackSettings,
  attackNamed,
  runNamed,
} from '../../../../src/analysis/robustness/attacks/catalogue.ts';
import { first, type NetworkName, readReference, useNetworks } from '../../../support/attackReference.ts';
import { useDevice } from '../../../support/checkOp.ts';

const device = useDevice();
const COUNT = 5;
const open = useNetworks(device);

/** Few steps of each: every random number and every kernel of the attack is used. */
const SETTINGS: { readonly [N in AttackName]?: AttackSettings } = {
  fgm: { norm: '2', eps: 0.5 },
  pgd: { norm: '2', eps: 0.5, maxIter: 3, numRandomInit: 2 },
  bim: { eps: 0.035, maxIter: 3 },
  mifgsm: { norm: '1', eps: 5, maxIter: 3 },
  'apgd-ce': { eps: 0.035, maxIter: 4, numRandomInit: 2 },
  'apgd-dlr': { norm: '2', eps: 0.5, maxIter: 4 },
  'apgd-t': { eps: 0.035, maxIter: 2, targets: 2 },
  fab: { norm: '2', maxIter: 3, numRestarts: 2 },
  square: { eps: 0.035, maxIter: 6 },
  'autoattack-rand': { norm: '1', eps: 3, maxIter: 3 },
  autoattack: { eps: 0.035, maxIter: 2, squareIter: 3 },
  'random-noise': { eps: 0.1, maxIter: 3 },
  deepfool: { maxIter: 3 },
  superdeepfool: { maxIter: 2, deepfoolIter: 2, searchIter: 2 },
  // As many steps as find something, so that the images are not the originals.
  fmn: { norm: '1', maxIter: 15 },
  pdgd: { maxIter: 15 },
  pdpgd: { norm: '0', maxIter: 15 },
  alma: { maxIter: 15 },
  'sigma-zero': { maxIter: 15 },
  'brendel-bethge': { norm: '1', maxIter: 4 },
  'carlini-l2': { maxIter: 4, binarySearchSteps: 2 },
  'carlini-linf': { maxIter: 4, rounds: 2 },
  'carlini-l0': { maxIter: 4, rounds: 2 },
  ead: { maxIter: 3, binarySearchSteps: 2 },
  hopskipjump: { norm: '2', maxIter: 1, initEval: 10, initSize: 20 },
  boundary: { maxIter: 12, updateStatsEveryK: 4 },
  geoda: { maxIter: 60 },
  surfree: { queryLimit: 40 },
  rays: { queryLimit: 40 },
  pixel: { th: 2, maxIter: 1 },
  threshold: { th: 64, maxIter: 1 },
};

async function attack(name: AttackName, network: NetworkName, count: number, batchSize: number) {
  const { samples } = await readReference(network);
  const { maxIter } = attackNamed(name).parameters;
  const few = SETTINGS[name] ?? (maxIter ? { maxIter: 3 } : {});
  const settings = { ...few, seed: 3, batchSize };
  const { images, records } = await runNamed(name, await open(network), first(samples, count), settings);
  return {
    images,
    records: records.map(({ cost: { seconds: _, runs: __, flops: ___, ...cost }, ...record }) => ({ ...record, cost })),
  };
}

// The Threshold attack asks about 784 candidates of an image at once: two samples, alone and together, fill several batches.
test.each(ATTACK_NAMES)(
  '%s: the same images, bit for bit, in batches of 1, of 3, and of all',

  async (name) => {
    const count = name === 'threshold' ? 2 : COUNT;
    const whole = await attack(name, 'convolutional', count, count);
    for (const size of [1, 3].filter((each) => each < count))
      expect(await attack(name, 'convolutional', count, size), `batches of ${size}`).toEqual(whole);
  },
);

test.each(['pgd', 'apgd-ce', 'square'] as const)('%s on a ResNet: likewise', async (name) => {
  const whole = await attack(name, 'resnet', COUNT, COUNT);
  expect(await attack(name, 'resnet', COUNT, 2), 'batches of 2').toEqual(whole);
});
