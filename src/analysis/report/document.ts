import type { DeviceClock } from '../../engine/index.ts';
import type { TrainingSpec } from '../../models/index.ts';
import type { AttackSpec, DefenceSpec } from '../robustness/index.ts';
import type { Clock, Encoding, ModelSpec, SurvivalClock, SurvivalModelName } from '../study/index.ts';
import type { Carrier, TrashEstimate } from '../trash/index.ts';
import type { Factor } from './rows/factors.ts';

/** Versions of what computed a report from its trials. */
export interface Versions {
  readonly outlast: string;
  readonly node: string;
  /** Version of the package that carries Dawn. */
  readonly webgpu: string;
  readonly system: string;
}

/** A trained model under a defence. */
export interface ModelLine {
  readonly model: string;
  readonly dataset: string;
  readonly precision: string;
  readonly defence: string;
  readonly seed: number;
  /** On the test split, with the defence at prediction. */
  readonly accuracy: number;
  /** As the study states it where the model was trained elsewhere, as the two that follow; null where it does not. */
  readonly trainSeconds: number | null;
  readonly trainSamples: number | null;
  readonly trainFlops: number | null;
  readonly compileSeconds: number | null;
  /** For one image. */
  readonly predictSeconds: number;
  readonly parameters: number;
  /** The network in a few words: `ResNet-18 of width 64, imagenet stem`. */
  readonly network: string;
  readonly configuration: ModelSpec;
  /** Null of a model that was trained elsewhere. */
  readonly trainingConfiguration: TrainingSpec | null;
  readonly defenceConfiguration: DefenceSpec;
}

/** One attack at one strength on one defended model. */
export interface AttackLine {
  readonly dataset: string;
  readonly precision: string;
  readonly family: string;
  /** `ResNet-18` */
  readonly network: string;
  /** Null where the family has no such parameter. */
  readonly depth: number | null;
  readonly model: string;
  readonly defence: string;
  readonly attack: string;
  readonly norm: string;
  /** Largest distance; null where the attack goes as far as it must, or where it counts pixels. */
  readonly eps: number | null;
  /** Pixels that may change; null where all may. */
  readonly pixels: number | null;
  readonly seed: number;
  readonly cleanAccuracy: number;
  readonly robustAccuracy: number;
  readonly samples: number;
  /** Samples that were wrong before the attack; they are no part of the survival analysis. */
  readonly misclassifiedBefore: number;
  /** How many of the samples that were right before failed. */
  readonly failures: number;
  /** Failures that are still there once the image is rounded to 8 bits. */
  readonly failuresAfterRounding: number;
  readonly warnings: readonly string[];
  readonly configuration: AttackSpec;
}

/** A line of the coefficient table, per one unit of the covariate. */
export interface CoefficientLine {
  readonly name: string;
  readonly coefficient: number;
  readonly standardError: number;
  readonly z: number;
  readonly p: number;
  readonly lower: number;
  readonly upper: number;
  /** exp(coefficient × unit), with its limits; null for the intercept and the scale, and of models of hazards. */
  readonly timeRatio: Ratio | null;
  /** What models of hazards have in its place; not there of others. */
  readonly hazardRatio?: Ratio | null;
}

/** The factor on the time to failure, or on the hazard, for `unit` more of a covariate. */
export interface Ratio {
  readonly unit: number;
  readonly value: number;
  readonly lower: number;
  readonly upper: number;
}

export interface SurvivalSection {
  /** The model that was fitted, or asked for where none could be. */
  readonly model: SurvivalModelName;
  /** Akaike's criterion of every model that could be fitted, where the study lets it choose. */
  readonly families: readonly { readonly model: string; readonly aic: number }[];
  readonly clock: SurvivalClock;
  readonly encoding: Encoding;
  /** Empty where no model could be fitted; `notes` say why. */
  readonly coefficients: readonly CoefficientLine[];
  readonly fit: FitStatistics | null;
  /** What the dummy variables are compared with. */
  readonly reference: Reference;
  readonly rows: number;
  readonly events: number;
  readonly misclassifiedBefore: number;
  readonly notes: readonly string[];
}

/** The level of each factor that its dummy variables are compared with. */
export interface Reference {
  readonly data: string;
  readonly family: string;
  readonly precision: string;
  readonly attack: string;
  readonly defence: string;
}

export interface FitStatistics {
  readonly scale: number | null;
  readonly logLikelihood: number;
  readonly aic: number;
  readonly bic: number;
  readonly concordance: number | null;
  readonly wald: { readonly statistic: number; readonly degreesOfFreedom: number; readonly p: number };
  readonly clusters: number;
  readonly confidenceLevel: number;
}

/** Survival of the samples of one model under one defence and one attack, over all strengths. */
export interface SurvivalCurve extends Curve {
  readonly model: string;
  readonly defence: string;
  readonly attack: string;
}

/** Survival of all samples at one level of a factor: all under one attack, say. */
export interface FactorCurve extends Curve {
  readonly factor: Factor;
  readonly level: string;
}

export interface Curve {
  readonly samples: number;
  readonly failures: number;
  /** Median time to failure; null where fewer than half failed. */
  readonly median: number | null;
  /** Kaplan and Meier's estimate with its 95 % limits, at every time of failure or censoring; of long curves, at some of these. */
  readonly steps: readonly SurvivalStep[];
  /** The mean of the fitted survival over the group's samples; empty where there is no fit, or some of them have no place in it. */
  readonly fitted: readonly { readonly time: number; readonly survival: number }[];
}

export interface SurvivalStep {
  readonly time: number;
  readonly survival: number;
  readonly lower: number | null;
  readonly upper: number | null;
  /** Just before the time. */
  readonly atRisk: number;
  readonly events: number;
  readonly censored: number;
}

/** What a report tells of an estimate. */
export const TRASH_FIGURE = [
  ...(['kind', 'value', 'lower', 'upper', 'images', 'broken', 'meanCost'] as const),
  ...(['longerBudget', 'costPerBroken', 'perBrokenLower'] as const),
] satisfies (keyof TrashEstimate)[];

/** What a report tells of an estimate: of an attacker's choice among the attacks of a study, or of one attack. */
export type TrashFigure = Pick<TrashEstimate, (typeof TRASH_FIGURE)[number]>;

/** What the interval of a score says. */
export type TrashReading =
  | 'cheaper to break'
  | 'costlier to break'
  | 'undecided'
  /** No image was broken: there is an upper limit only, and it does not lie below 1. */
  | 'not broken'
  | 'too few images'
  | 'no better than chance'
  /** The model was trained elsewhere, and nobody says what that cost. */
  | 'training not seen'
  | 'not attacked';

/** The score by one clock. */
export interface TrashByClock {
  readonly clock: Clock;
  /** Whether seconds come from calibration or are the wall seconds of the run; null of clocks that count. */
  readonly calibrated: boolean | null;
  /** What told seconds: the processor time of software adapters, or the clock on the wall; null of clocks that count. */
  readonly toldBy: DeviceClock['kind'] | null;
  /** Calibration leaves the score uncertain by this factor and its inverse, at 95 %; 1 of clocks that count and of wall seconds. */
  readonly knownTo: number;
  /** Cost of training on one image. */
  readonly trainingCost: number;
  readonly horizon: number;
  readonly reading: TrashReading;
  /** The best single attack, which the headline is about. */
  readonly best: TrashFigure & { readonly attack: string };
  /** Every image by whichever attack broke it at the least cost. */
  readonly envelope: TrashFigure;
  /** The mean over all attacks and strengths, as in the paper. */
  readonly pooled: TrashFigure;
  /** The one attack that the pooled mean speaks of, with its share of all costs; null where none carries it. */
  readonly carrier: Carrier | null;
  readonly attacks: readonly (TrashFigure & { readonly attack: string })[];
}

/** What a model learned: its accuracy before any attack, against guessing. */
export interface Learned {
  readonly accuracy: number;
  readonly lower: number;
  readonly upper: number;
  /** Images that it was measured on. */
  readonly images: number;
  /** Accuracy of always telling the commonest class. */
  readonly chance: number;
  /** The p of an exact binomial test that it is better than chance. */
  readonly p: number;
  readonly better: boolean;
  /** Less than four fifths of what the best model of the data set learned above chance. */
  readonly farBelowBest: boolean;
}

/** What would make TRASH 1, all else equal. */
export interface BreakEvenLine {
  /** Epochs of training. */
  readonly epochs: number;
  /** Price of an attacker's unit of work over a defender's. */
  readonly price: number;
  /** Largest strength allowed to the attacker, between those that were tried; null where TRASH does not cross 1 among them. */
  readonly eps: number | null;
  /** Training cost for each test image that is rightly classified above chance, over the cost per training image; null for none. */
  readonly perRightImage: number | null;
}

/** Cost of training on an image over the mean cost of breaking one; above 1, training cost more than breaking. */
export interface TrashLine {
  readonly dataset: string;
  readonly model: string;
  readonly defence: string;
  /** By the study's clock, of the best single attack. Null where there is nothing to say; `note` says why. */
  readonly value: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  readonly reading: TrashReading;
  /** The best single attack; null where nothing was attacked. */
  readonly attack: string | null;
  /** Who says what the training cost, where the study states it: it was not measured. */
  readonly statedCost: string | null;
  /** By the study's clock, for one training image; null where no training is among the finished trials, or its cost is not known. */
  readonly trainCostPerSample: number | null;
  /** E[min(T, horizon)] under the best single attack, by the same clock. */
  readonly meanTimeToFailure: number | null;
  readonly horizon: number | null;
  readonly images: number;
  /** How many trainings, one for each seed, the score speaks of. */
  readonly trainings: number;
  readonly learned: Learned | null;
  readonly breakEven: BreakEvenLine | null;
  /** The study's clock first. */
  readonly clocks: readonly TrashByClock[];
  /** What the fitted survival model makes of the pooled mean, a check on the model; null where none could be fitted. */
  readonly byModel: ModelCheck | null;
  /** In money, by seconds; null where the study gives no prices, or where there is no score. */
  readonly money: MoneyLine | null;
  readonly note: string | null;
}

/** The two costs of an image in the study's currency, and their ratio: TRASH at the prices of the two machines. */
export interface MoneyLine {
  readonly trainingCost: number;
  readonly breakingCost: number;
  readonly breakingCostLower: number | null;
  readonly breakingCostUpper: number | null;
  readonly value: number;
  readonly lower: number | null;
  readonly upper: number | null;
}

/** TRASH of the pooled mean as the fitted model has it, beside that of the observed curve at the same horizon. */
export interface ModelCheck {
  readonly value: number;
  readonly lower: number;
  readonly upper: number;
  readonly observed: { readonly value: number; readonly lower: number; readonly upper: number };
  /** Each estimate lies outside the other's interval: the family of the model does not fit this group. */
  readonly misfit: boolean;
}
