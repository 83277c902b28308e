import { describe, expect, test } from 'vitest';
import { bim } from '../../../../src/analysis/robustness/attacks/bim.ts';
import { deepFool } from '../../../../src/analysis/robustness/attacks/deepFool.ts';
import { fgm } from '../../../../src/analysis/robustness/attacks/fgm.ts';
import { mifgsm } from '../../../../src/analysis/robustness/attacks/mifgsm.ts';
import { pgd } from '../../../../src/analysis/robustness/attacks/pgd.ts';
import type { AttackOutcome } from '../../../../src/analysis/robustness/attacks/run/attack.ts';
import type { Samples } from '../../../../src/analysis/robustness/attacks/run/batch.ts';
import type { Classifier } from '../../../../src/analysis/robustness/classifier/classifier.ts';
import { first, type NetworkName, readReference, useNetworks } from '../../../support/attackReference.ts';
import { expectClose, useDevice } from '../../../support/checkOp.ts';

const openNetwork = useNetworks(useDevice());
const networks: readonly NetworkName[] = ['convolutional', 'resnet'];
const sizes = { inf: { eps: 0.1, epsStep: 0.02 }, '2': { eps: 1.5, epsStep: 0.25 }, '1': { eps: 15, epsStep: 2.5 } };
const norms = ['inf', '2', '1'] as const;

type Attack = (classifier: Classifier, samples: Samples) => Promise<AttackOutcome>;

/** Samples of DeepFool that looks at all classes, each by a pass of its own; other attacks are given all. */
const FEW = 40;

const attacks: readonly (readonly [name: string, attack: Attack])[] = [
  ...norms.flatMap((norm) => {
    const { eps, epsStep } = sizes[norm];
    const pgdOptions = { norm, eps, epsStep, maxIter: 10, numRandomInit: 0, seed: 0 };
    const minimal = { norm, eps: 4 * eps, minimal: { epsStep: eps / 4 } };
    return [
      [`fgm.${norm}`, (c: Classifier, s: Samples) => fgm(c, s, { norm, eps })],
      [`fgm.minimal.${norm}`, (c: Classifier, s: Samples) => fgm(c, s, minimal)],
      [`pgd.${norm}`, (c: Classifier, s: Samples) => pgd(c, s, pgdOptions)],
    ] as const;
  }),
  ['bim', (c, s) => bim(c, s, { eps: 0.1, epsStep: 0.02, maxIter: 10 })],
  ['mifgsm', (c, s) => mifgsm(c, s, { norm: 'inf', eps: 0.1, epsStep: 0.02, maxIter: 10, decay: 1 })],
  ['deepfool.10', (c, s) => deepFool(c, first(s, FEW), { maxIter: 30, epsilon: 0.02, nbGrads: 10 })],
  ['deepfool.3', (c, s) => deepFool(c, s, { maxIter: 30, epsilon: 0.02, nbGrads: 3 })],
];

describe.each(networks)('%s', (network) => {
  test('logits are PyTorch’s', async () => {
    const { samples, logits } = await readReference(network);
    const classifier = await openNetwork(network);
    const ours = await classifier.logits(samples.images.subarray(0, 2 * 784));
    expectClose(ours, logits, {
      relative: 1e-4,
      absolute: 1e-4,
      why: 'sums of some hundred f32 products, 18 layers deep',
    });
  });

  test.each(attacks)('%s: the same successes, and images within 1e-4', async (name, attack) => {
    const { samples, ...reference } = await readReference(network);
    const { success, images } = reference.deterministic(name);
    const outcome = await attack(await openNetwork(network), samples);
    const ours = outcome.records.map((record) => record.success);
    expect(ours).toHaveLength(name === 'deepfool.10' ? FEW : success.length);
    const differences = ours.flatMap((is, i) => (is === success[i] ? [] : [i]));
    expect(differences).toEqual([]);
    const shown = images.length;
    let far = 0;
    for (let i = 0; i < shown; i++) if (Math.abs(outcome.images[i] - images[i]) > 1e-4) far++;
    expect(far).toBe(0);
  });
});
