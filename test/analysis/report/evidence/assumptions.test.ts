import { expect, test } from 'vitest';
import { renderReport } from '../../../../src/analysis/report/page/render.ts';
import { parseStudy } from '../../../../src/analysis/study/file/parse.ts';
import { fakeStudyText, fakeTrials } from '../../../support/fakeTrials.ts';
import { reportOf } from '../../../support/reportOf.ts';

/** The fake study with other defences and attacks. */
const reportOn = async (defences: string, attacks: string, more = '') => {
  const text = fakeStudyText.replace(
    /defences:\n( .*\n)+attacks:\n( .*\n)+/,
    `defences: ${defences}\nattacks: ${attacks}\n${more}`,
  );
  const { study } = parseStudy(text, 'x');
  return reportOf(await fakeTrials(study), study);
};

test('what attackers know and ask, how strong they were, and how they met each defence', async () => {
  const report = await reportOn(
    '[{ name: none }, { name: gaussian-noise, scale: 0.1 }, { name: feature-squeezing, bit_depth: 4 }, { name: label-smoothing, alpha: 0.1 }]',
    '[{ name: pgd, eps: [0.2, 0.1], expectation_samples: 7 }, { name: square, eps: 0.1, max_iter: 9 }, { name: rays }, { name: pixel, th: 5 }]',
    'budget: { max_queries: 50 }\nsamples: 20\nseeds: [3, 1]\n',
  );
  const { attacks, defences, ...rest } = report.assumptions;
  expect(rest).toEqual({ budgets: [{ maxQueries: 50 }], protocols: [], samples: [20], seeds: [1, 3] });
  expect(
    attacks.map(({ attack, knowledge, asks, norm, eps, pixels }) => [attack, knowledge, asks, norm, eps, pixels]),
  ).toEqual([
    // Draws are only for the random defence: the attack on the others is another one.
    ['pgd, expectation_samples 1', 'white box', 'gradients', 'inf', [0.1, 0.2], []],
    ['square', 'black box, scores', 'logits', 'inf', [0.1], []],
    ['rays', 'black box, labels', 'classes', 'inf', [], []],
    ['pixel', 'black box, scores', 'logits', '0', [], [5]],
    ['pgd', 'white box', 'gradients', 'inf', [0.1, 0.2], []],
  ]);
  // A fake step asks twice and takes one gradient: at most 10 steps of PGD.
  expect(attacks[0]).toMatchObject({ mostQueries: 20, mostGradients: 10 });
  expect(defences).toEqual([
    { defence: 'none', acts: 'prediction', adaptations: ['nothing to adapt to'], draws: [] },
    // Its answers are probabilities of the model's own function; black boxes ask it as it answers, by one draw.
    {
      defence: 'gaussian-noise',
      acts: 'prediction',
      adaptations: ['its own gradient', 'asked as it answers'],
      draws: [1, 7],
    },
    { defence: 'feature-squeezing', acts: 'prediction', adaptations: ['BPDA', 'asked as it answers'], draws: [] },
    { defence: 'label-smoothing', acts: 'training', adaptations: ['nothing to adapt to'], draws: [] },
  ]);
  const page = renderReport(report);
  for (const words of ['one draw: not adapted; EOT of 7', '50 queries', 'gradients of the defended model'])
    expect(page).toContain(words);
});

test('rows of the standards are evidence of what the study did, and no more', async () => {
  const whiteBox = await reportOn('[{ name: none }]', '[{ name: pgd, eps: 0.1 }]');
  const both = await reportOn(
    '[{ name: adversarial-training, eps: 0.1 }, { name: randomised-smoothing, sigma: 0.1 }]',
    '[{ name: square, eps: 0.1, max_iter: 9 }, { name: rays }]',
  );
  const rowOf = ({ standards }: typeof both, reference: string) => standards.find((row) => row.reference === reference);
  expect(rowOf(whiteBox, '2.2.1')?.coverage).toBe('in part');
  expect(rowOf(whiteBox, '2.2.2')).toMatchObject({ coverage: 'not covered', evidence: '' });
  expect(rowOf(whiteBox, '2.2.5')?.coverage).toBe('not covered');
  expect(rowOf(both, '2.2.1')?.coverage).toBe('not covered');
  expect(rowOf(both, '2.2.2')?.evidence).toBe('score-based attacks, decision-based attacks');
  expect(rowOf(both, '2.2.5')?.evidence).toBe('adversarial training, randomised smoothing with certificates');
  for (const { standards } of [whiteBox, both]) {
    // Poisoning, privacy, transfer, faults: nothing that a study does is evidence of them.
    const never = ['2.2.3', '2.3', '2.4', '3', '15(4)', '15(5), “data poisoning”', '15(5), “confidentiality attacks”'];
    for (const reference of never)
      expect(standards.find((row) => row.reference === reference)?.coverage, reference).toBe('not covered');
    expect(standards.every(({ missing }) => missing !== '')).toBe(true);
  }
});
