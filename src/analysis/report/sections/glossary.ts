import { definitions } from '../page/html.ts';
import type { Section } from '../page/page.ts';

/** The report's words, each in a sentence. */
const WORDS: readonly (readonly [word: string, meaning: string])[] = [
  [
    'TRASH',
    'cost of training on one image, divided by the mean cost of breaking one; above 1, breaking undoes training for less.',
  ],
  ['breaking', 'finding, near an image that the model classifies rightly, one that it classifies wrongly.'],
  ['best single attack', 'the attack, at one strength and with its budget, whose mean cost is least.'],
  ['lower envelope', 'every image by whichever attack broke it at the least cost, as if that were known beforehand.'],
  [
    'pooled mean',
    'the mean over all attacks and strengths, as in the paper; it depends on which attacks a study names.',
  ],
  ['horizon', 'the cost up to which models are compared; images unbroken by then count as standing to it.'],
  ['operations', 'floating-point operations of the passes through the model: equal on every machine.'],
  [
    'calibrated seconds',
    'how often each executable ran, times its time as measured again beside a small network; free of the mood that the machine was in.',
  ],
  [
    'processor seconds',
    'of a software adapter, the time that all threads of the program had the processor: it hardly knows what else ran on the machine.',
  ],
  ['wall seconds', 'what the clock on the wall showed in this run.'],
  [
    '95 % interval',
    'made so that 95 of 100 such intervals hold the true figure; images, and trainings where there are several, are its independent draws.',
  ],
  ['time ratio', 'factor on the time until an image breaks, all else equal; above 1, images stand longer.'],
  ['robust accuracy', 'share of the attacked images that are still classified rightly.'],
];

/** What the words of the report mean. */
export const glossarySection = (): Section => ({
  id: 'glossary',
  heading: 'Words',
  body: definitions(WORDS),
});
