import type { Assumptions } from './assumptions.ts';

/** How much of a passage a report is evidence for. */
export type Coverage = 'in part' | 'not covered';

/** A passage of a standard, and what a report says about it. */
export interface StandardLine {
  readonly standard: keyof typeof STANDARDS;
  /** Section or paragraph: `2.2.1`, `15(5)`. */
  readonly reference: string;
  /** What it is about, in its own words where they are between quotation marks. */
  readonly subject: string;
  readonly coverage: Coverage;
  /** What of the report is evidence; empty where nothing is. */
  readonly evidence: string;
  readonly missing: string;
}

/** The texts, as they were read. */
export const STANDARDS = {
  nist: 'NIST AI 100-2e2025, Adversarial Machine Learning, March 2025 (doi 10.6028/NIST.AI.100-2e2025)',
  euAiAct:
    'Regulation (EU) 2024/1689 (AI Act), Article 15, OJ L, 12.7.2024, without later amendments: of high-risk AI systems',
} as const;

/** What a study has of that which rows depend on. */
interface Has {
  readonly attacks: boolean;
  readonly whiteBox: boolean;
  readonly scores: boolean;
  readonly labels: boolean;
  readonly adversarialTraining: boolean;
  readonly smoothing: boolean;
  readonly otherDefence: boolean;
}

type Row = readonly [
  standard: StandardLine['standard'],
  reference: string,
  subject: string,
  evidence: (has: Has) => string,
  missing: string,
];

const joined = (words: readonly (string | false)[]) => words.filter((word) => word !== false).join(', ');
const nothing = () => '';

const ROWS: readonly Row[] = [
  [
    'nist',
    '2.1.1',
    'Stages of Learning',
    ({ attacks }) => (attacks ? 'attacks at deployment time' : ''),
    'attacks at training time',
  ],
  [
    'nist',
    '2.1.2',
    'Attacker Goals and Objectives',
    ({ attacks }) => (attacks ? 'integrity: any wrong class (section “Assumptions”)' : ''),
    'a class that the attacker chooses, availability, privacy',
  ],
  [
    'nist',
    '2.1.3',
    'Attacker Capabilities',
    ({ attacks }) =>
      attacks ? 'control of test inputs, and access to answers or gradients, with norm, ε and budget' : '',
    'control of training data, labels, model or source code',
  ],
  [
    'nist',
    '2.1.4',
    'Attacker Knowledge',
    ({ whiteBox, scores, labels }) =>
      joined([whiteBox && 'white box', scores && 'black box with scores', labels && 'black box with labels']),
    'gray box: partial knowledge of the model',
  ],
  [
    'nist',
    '2.1.5',
    'Data Modality',
    ({ attacks }) => (attacks ? 'images' : ''),
    'text, audio, video, tables, several at once',
  ],
  [
    'nist',
    '2.2.1',
    'White-Box Evasion Attacks (NISTAML.022)',
    ({ whiteBox }) => (whiteBox ? 'optimisation-based attacks: accuracy, survival and cost under each' : ''),
    'universal and physically realisable attacks',
  ],
  [
    'nist',
    '2.2.2',
    'Black-Box Evasion Attacks (NISTAML.025)',
    ({ scores, labels }) => joined([scores && 'score-based attacks', labels && 'decision-based attacks']),
    'limits and alarms of a service that is asked so often',
  ],
  ['nist', '2.2.3', 'Transferability of Attacks', nothing, 'images made on another model'],
  [
    'nist',
    '2.2.4',
    'Evasion attacks in the real world',
    nothing,
    'the system around the model: cameras, people, other controls',
  ],
  [
    'nist',
    '2.2.5',
    'Mitigations',
    ({ adversarialTraining, smoothing, otherDefence }) =>
      joined([
        adversarialTraining && 'adversarial training',
        smoothing && 'randomised smoothing with certificates',
        otherDefence && 'other defences, each against attacks that know of it',
      ]),
    'formal verification; detection of attacks; mitigations that the study does not name',
  ],
  ['nist', '2.3', 'Poisoning Attacks and Mitigations', nothing, 'all of it'],
  ['nist', '2.4', 'Privacy Attacks and Mitigations', nothing, 'all of it'],
  ['nist', '3', 'Generative AI Taxonomy', nothing, 'all of it'],
  [
    'euAiAct',
    '15(1)',
    '“an appropriate level of accuracy, robustness, and cybersecurity”, consistently “throughout their lifecycle”',
    ({ attacks }) => (attacks ? 'accuracy before and under attack, with limits, for each model' : ''),
    'which level is appropriate; cybersecurity beside evasion; any time after the test',
  ],
  [
    'euAiAct',
    '15(2)',
    '“benchmarks and measurement methodologies”',
    nothing,
    'it speaks to the Commission, not about a system',
  ],
  [
    'euAiAct',
    '15(3)',
    '“levels of accuracy and the relevant accuracy metrics” in the instructions of use',
    () => 'accuracy on the test split, with the images that it was measured on: figures that could be declared',
    'the declaration; metrics other than accuracy; the images of the intended purpose',
  ],
  [
    'euAiAct',
    '15(4)',
    '“errors, faults or inconsistencies”, redundancy, “feedback loops”',
    nothing,
    'all of it: no fault, no shift of the data and no learning in use is tested',
  ],
  [
    'euAiAct',
    '15(5), “adversarial examples or model evasion”',
    '“inputs designed to cause the AI model to make a mistake”',
    ({ attacks }) => (attacks ? 'how many images break, how soon, and at what cost beside that of training' : ''),
    'measures to “detect, respond to, resolve”; attacks outside the norms and strengths above',
  ],
  ['euAiAct', '15(5), “data poisoning”', 'manipulated training data', nothing, 'all of it'],
  ['euAiAct', '15(5), “model poisoning”', 'manipulated pre-trained components', nothing, 'all of it'],
  ['euAiAct', '15(5), “confidentiality attacks”', 'what a model gives away', nothing, 'all of it'],
  [
    'euAiAct',
    '15(5), “model flaws”',
    'flaws of the model itself',
    nothing,
    'all of it, but for the signs of masked gradients',
  ],
];

/** What the attacks and defences of a study are evidence for in the two texts; no row is covered whole. */
export function standardLines({ attacks, defences }: Pick<Assumptions, 'attacks' | 'defences'>): StandardLine[] {
  const knows = (knowledge: string) => attacks.some((attack) => attack.knowledge === knowledge);
  const names = defences.map(({ defence }) => defence.split(', ')[0]);
  const has: Has = {
    attacks: attacks.length > 0,
    whiteBox: knows('white box'),
    scores: knows('black box, scores'),
    labels: knows('black box, labels'),
    adversarialTraining: names.includes('adversarial-training'),
    smoothing: names.includes('randomised-smoothing'),
    otherDefence: names.some((name) => !['none', 'adversarial-training', 'randomised-smoothing'].includes(name)),
  };
  return ROWS.map(([standard, reference, subject, evidenceOf, missing]) => {
    const evidence = evidenceOf(has);
    return { standard, reference, subject, coverage: evidence === '' ? 'not covered' : 'in part', evidence, missing };
  });
}
