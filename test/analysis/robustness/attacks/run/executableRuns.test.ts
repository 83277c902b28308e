import { expect, test } from 'vitest';
import {
  ATTACK_NAMES,
  type AttackSettings,
  attackNamed,
  runNamed,
} from '../../../../../src/analysis/robustness/attacks/catalogue.ts';
import { addRuns, type ExecutableRuns } from '../../../../../src/analysis/robustness/attacks/run/executableRuns.ts';
import type { Classifier } from '../../../../../src/analysis/robustness/classifier/classifier.ts';
import { first, openNetwork, readReference } from '../../../../support/attackReference.ts';
import { useDevice } from '../../../../support/checkOp.ts';

const device = useDevice();

/** The classifier, and what was really run of it, by the names of its executables. */
function listened(classifier: Classifier): { classifier: Classifier; ran: Map<string, number> } {
  const ran = new Map<string, number>();
  const compile = (async (name: string, ...rest: [never, never, never]) => {
    const question = await classifier.compile(name, ...rest);
    return {
      ...question,
      run: (feeds: never) => {
        ran.set(name, (ran.get(name) ?? 0) + 1);
        return question.run(feeds);
      },
    };
  }) as unknown as Classifier['compile'];
  return { classifier: { ...classifier, compile }, ran };
}

/** So few and so weak that most attacks break no image; each takes what it knows of it. */
const FEW: AttackSettings = {
  eps: 1e-4,
  maxIter: 2,
  squareIter: 2,
  initEval: 10,
  initSize: 8,
  rounds: 1,
  binarySearchSteps: 1,
  targets: 1,
  queryLimit: 30,
  deepfoolIter: 2,
  searchIter: 2,
};

test.each(ATTACK_NAMES)(
  '%s: its executables are counted, and can be run again uncounted',

  async (name) => {
    const network = await openNetwork(device(), 'convolutional');
    const { samples } = await readReference('convolutional');
    const { classifier, ran } = listened(network);
    const { settings: taken, strength } = attackNamed(name);
    const settings: AttackSettings = Object.fromEntries(Object.entries(FEW).filter(([setting]) => setting in taken));
    const { records } = await runNamed(name, classifier, first(samples, 3), { ...settings, seed: 1 });
    const charged = records.reduce((sum, { cost }) => addRuns(sum, cost.runs ?? {}, 1), {} as ExecutableRuns);
    const broken = records.some(({ success }) => success);
    // An image that is broken pays no more, so that not all that ran is charged; a small eps or a grey level breaks none.
    if (strength === 'eps' || strength === 'grey levels') expect(broken).toBe(false);
    expect(Object.keys(charged).length).toBeGreaterThan(0);
    const counted = classifier.runs();
    for (const [executable, runs] of Object.entries(charged)) {
      const all = ran.get(executable) as number;
      // Thirds in float64, added one after the other: each of at most 3 · all additions rounds by 1e-16 of the sum.
      const rounding = 1e-15 * all * all;
      if (broken) expect(runs, executable).toBeLessThanOrEqual(all + rounding);
      else expect(Math.abs(runs - all), executable).toBeLessThanOrEqual(rounding);
      const rehearsal = classifier.rehearse(executable);
      await rehearsal.run();
      await rehearsal.run();
      rehearsal.free();
    }
    expect(classifier.runs()).toEqual(counted);
    network.free();
  },
);

test('what did not run cannot be run again', async () => {
  const network = await openNetwork(device(), 'convolutional');
  expect(() => network.rehearse('colours of 3 images')).toThrow('colours of 3 images: nothing ran under this name');
  network.free();
});
