import { expect, it } from 'vitest';
import { referenceTrainings, trainCurve } from '../../bench/curves.ts';
import { curveTable } from '../../bench/table.ts';
import { subset } from '../../src/models/data/sampling.ts';
import { loadMnist } from '../../src/models/data/sources/mnist.node.ts';
import { useDevice } from '../support/checkOp.ts';

const device = useDevice();

it('a reference training tells every epoch, and is tested on images that it did not see', async () => {
  const [mnist] = referenceTrainings;
  const whole = await loadMnist();
  const told: number[] = [];
  const curve = await trainCurve(
    device(),
    { ...whole, test: subset(whole.test, whole.classes, 500, 0) },
    { ...mnist, images: 1000, epochs: 3 },
    ({ epoch }) => told.push(epoch),
  );
  expect(told).toEqual([1, 2, 3]);
  expect(curve.epochs.map(({ epoch }) => epoch)).toEqual(told);
  const [first, , last] = curve.epochs;
  expect(last.loss).toBeLessThan(first.loss);
  expect(last.seconds).toBeGreaterThan(first.seconds);
  expect(curve.seconds).toBeGreaterThan(last.seconds);
  // Ten classes: guessing gives 0.1. 45 steps bring it well above a half.
  expect(curve.testAccuracy).toBeGreaterThan(0.5);
});

it('the table shows at most a dozen epochs, the last among them', () => {
  const epochs = Array.from({ length: 50 }, (_, i) => ({
    epoch: i + 1,
    loss: 1 / (i + 1),
    accuracy: 0.5,
    seconds: 10 * i,
  }));
  const lines = curveTable({ workload: 'cifar10', epochs, testAccuracy: 0.7, seconds: 500 });
  expect(lines[0]).toBe('cifar10: test accuracy 70.00 % after 50 epochs, 500 s');
  expect(lines.slice(1).map((line) => /epoch (\d+)/.exec(line)?.[1])).toEqual([
    ...['5', '10', '15', '20', '25', '30', '35', '40', '45', '50'],
  ]);
  expect(lines[1]).toBe('  epoch 5: loss 0.2000, accuracy 50.00 %, 40 s');
});
