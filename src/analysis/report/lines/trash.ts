import { groupBy } from '../../../base/groupBy.ts';
import { type Encoding, isStoredModel, type PricesSpec } from '../../study/index.ts';
import { normalQuantile } from '../../survival/index.ts';
import {
  carriedBy,
  commonHorizon,
  type Prices,
  pricedTrash,
  type Strategy,
  type TrashEstimate,
  type TrashOptions,
  trashOfAttack,
  trashOfBest,
  trashOfEnvelope,
  trashOfPooled,
} from '../../trash/index.ts';
import {
  type Learned,
  type MoneyLine,
  TRASH_FIGURE,
  type TrashByClock,
  type TrashFigure,
  type TrashLine,
  type TrashReading,
} from '../document.ts';
import { count, number, percent } from '../page/format.ts';
import { type Attacked, strategyName } from '../rows/attacked.ts';
import type { StudyClock } from '../rows/clocks.ts';
import { type FinishedTraining, isElsewhere } from '../rows/finished.ts';
import { imageName } from '../rows/imageName.ts';
import { breakEvenLine } from './breakEven.ts';
import { learnedOf, marked, type Tested } from './learned.ts';
import { modelCheck } from './modelCheck.ts';
import type { StudyFit } from './survival.ts';

/** What scores are made of, beside the attacks. */
export interface TrashContext {
  readonly clocks: readonly [StudyClock, ...StudyClock[]];
  readonly encoding: Encoding;
  /** As the study gives it, by its own clock; null lets the budgets decide. */
  readonly horizon: number | null;
  readonly prices: PricesSpec | null;
  /** The survival model of a data set. */
  fitOf(dataset: string): StudyFit;
}

/** A model under a defence: all its trainings and attacks. */
interface Configuration {
  readonly dataset: string;
  readonly model: string;
  readonly defence: string;
  readonly attacks: readonly Attacked[];
  /** Each training with its own of the attacks. */
  readonly tested: readonly Tested[];
  readonly learned: Learned | null;
}

/** The score of every model under every defence, by every clock. */
export function trashLines(all: readonly Attacked[], context: TrashContext): TrashLine[] {
  return groupBy(configurations(all), ({ dataset }) => dataset).flatMap((ofDataset) => {
    const learned = marked(ofDataset.map(({ tested }) => learnedOf(tested)));
    const scored = ofDataset.map((one, k): Configuration => ({ ...one, learned: learned[k] }));
    const byClock = context.clocks.map((clock, k) => ofClock(scored, clock, k === 0 ? context.horizon : null, context));
    return scored.map((one, k) =>
      lineOf(
        one,
        byClock.map((lines) => lines[k]),
        context,
      ),
    );
  });
}

function configurations(all: readonly Attacked[]) {
  return groupBy(all, ({ condition: { dataset, model, defence } }) => JSON.stringify([dataset, model, defence])).map(
    (attacks) => {
      const { dataset, model, defence } = attacks[0].condition;
      const trainings = [...new Set(attacks.flatMap(({ training }) => training ?? []))];
      const tested = trainings.map((training) => ({
        training,
        attacks: attacks.filter((each) => each.training === training).map(({ attack }) => attack),
      }));
      return { dataset, model, defence, attacks, tested };
    },
  );
}

/** The scores of the configurations of one data set by one clock, at one horizon; null where nothing was attacked. */
function ofClock(
  all: readonly Configuration[],
  clock: StudyClock,
  horizon: number | null,
  { encoding }: TrashContext,
): (TrashByClock | null)[] {
  const strategies = all.map((one) => strategiesOf(one, clock, encoding));
  // What no verdict is about must not shorten what the others are judged by.
  const compared = strategies.filter((attacks, k) => attacks.length > 0 && all[k].learned?.better !== false);
  const present = compared.length > 0 ? compared : strategies.filter((attacks) => attacks.length > 0);
  if (present.length === 0) return all.map(() => null);
  const common = horizon ?? commonHorizon(present);
  return all.map((one, k) =>
    strategies[k].length === 0 || !(common > 0) ? null : scoreOf(one, strategies[k], clock, common),
  );
}

function strategiesOf({ attacks }: Configuration, clock: StudyClock, encoding: Encoding): Strategy[] {
  return groupBy(attacks, ({ condition: { attack, norm, eps, pixels } }) =>
    JSON.stringify([attack, norm, eps, pixels]),
  ).flatMap((alike) => {
    const [{ condition }] = alike;
    const outcomes = alike.flatMap(({ attack, condition: { dataset, seed }, training }) =>
      training === undefined
        ? []
        : attack.result.records
            .filter(({ misclassifiedBefore }) => !misclassifiedBefore)
            .map((record) => ({
              // Encoded as in the paper, all that is known of an image is the run that it was in.
              image: encoding === 'paper' ? attack.id : imageName(dataset, seed, attack.result, record.sample),
              training: training.id,
              cost: clock.sampleCost(attack, record),
              broken: record.success,
            })),
    );
    return outcomes.length === 0 ? [] : [{ attack: strategyName(condition), family: condition.attack, outcomes }];
  });
}

/** The score of a configuration by a clock; null where that clock does not know what a training cost. */
function scoreOf(
  { tested, learned }: Configuration,
  strategies: readonly Strategy[],
  clock: StudyClock,
  horizon: number,
): TrashByClock | null {
  const trainingCosts = new Map<string, number>();
  for (const { training } of tested) {
    const cost = clock.trainingCost(training);
    if (cost === null) return null;
    trainingCosts.set(training.id, cost);
  }
  const options: TrashOptions = {
    trainingCosts,
    horizon,
    clockLogVariance: Math.max(...tested.map(({ training, attacks }) => clock.logVariance(training, attacks))),
  };
  const best = trashOfBest(strategies, options);
  return {
    clock: clock.clock,
    calibrated: clock.calibrated,
    toldBy: clock.toldBy,
    knownTo: Math.exp(normalQuantile(0.975) * Math.sqrt(options.clockLogVariance ?? 0)),
    trainingCost: best.trainingCost,
    horizon,
    reading: readingOf(best, learned),
    best: { ...figureOf(best), attack: best.attacks[0] },
    envelope: figureOf(trashOfEnvelope(strategies, options)),
    pooled: figureOf(trashOfPooled(strategies, options)),
    carrier: carriedBy(strategies, horizon),
    attacks: strategies.map((strategy) => ({
      ...figureOf(trashOfAttack(strategy, options)),
      attack: strategy.attack,
    })),
  };
}

const figureOf = (estimate: TrashEstimate): TrashFigure =>
  Object.fromEntries(TRASH_FIGURE.map((name) => [name, estimate[name]])) as TrashFigure;

/** What may be said of a score. An attack that breaks few images is cheap only if each that it breaks is, too. */
export function readingOf(
  { kind, lower, upper, perBrokenLower }: Pick<TrashFigure, 'kind' | 'lower' | 'upper' | 'perBrokenLower'>,
  learned: Pick<Learned, 'better'> | null,
): TrashReading {
  if (learned?.better === false) return 'no better than chance';
  if (kind === 'too few images') return 'too few images';
  if (upper !== null && upper < 1) return 'costlier to break';
  if (kind === 'upper limit') return 'not broken';
  return lower !== null && lower > 1 && perBrokenLower > 1 ? 'cheaper to break' : 'undecided';
}

/** The reason why a configuration has no verdict. */
function noteOf(reading: TrashReading, headline: TrashByClock | null, learned: Learned | null): string | null {
  switch (reading) {
    case 'training not seen':
      return 'the model was trained elsewhere, and what that cost is not known: there is survival, but no TRASH. A study states it as training: { seconds, samples } beside the file';
    case 'not attacked':
      return 'no image that was right before the attacks was attacked';
    case 'no better than chance':
      return `accuracy ${percent(learned?.accuracy ?? Number.NaN)} on ${learned?.images} images is no better than guessing (${percent(learned?.chance ?? Number.NaN)}): there is nothing to break`;
    case 'too few images':
      return `${headline?.best.images} images that were right before the attacks: below ten there is neither interval nor verdict`;
    case 'not broken':
      return 'no image was broken: there is an upper limit only';
    case 'undecided':
      return headline?.best.lower && headline.best.lower > 1 ? fewBroken(headline) : null;
    default:
      return null;
  }
}

/** Why a score above 1 decides nothing. */
const fewBroken = ({ best: { broken, costPerBroken }, trainingCost }: TrashByClock) =>
  `${percent(broken, 0)} of the images were broken, at ${number((costPerBroken ?? Number.NaN) / trainingCost)} times the training cost for each`;

function lineOf(of: Configuration, byClock: readonly (TrashByClock | null)[], context: TrashContext): TrashLine {
  const { dataset, model, defence, learned } = of;
  const trainings = of.tested.map(({ training }) => training);
  const seconds = byClock.find((score) => score?.clock === 'seconds') ?? null;
  const elsewhere = trainings.find(isElsewhere);
  const stated = elsewhere === undefined ? null : statedCost(elsewhere);
  // Of a training that was not seen the study states seconds only.
  const headline = byClock[0] ?? (stated === null ? null : seconds);
  const unknown = elsewhere === undefined || stated !== null ? 'not attacked' : 'training not seen';
  const reading = headline === null ? unknown : headline.reading;
  const silent = headline === null || reading === 'no better than chance';
  const best = silent ? null : headline.best;
  return {
    dataset,
    model,
    defence,
    value: best?.value ?? null,
    lower: best?.lower ?? null,
    upper: best?.upper ?? null,
    reading,
    attack: headline?.best.attack ?? null,
    statedCost: stated,
    trainCostPerSample: headline?.trainingCost ?? (trainings[0] ? context.clocks[0].trainingCost(trainings[0]) : null),
    meanTimeToFailure: best?.meanCost ?? null,
    horizon: headline?.horizon ?? null,
    images: headline?.best.images ?? 0,
    trainings: trainings.length,
    learned,
    breakEven: silent || trainings.length === 0 ? null : breakEvenLine(headline, trainings, learned, of.attacks),
    clocks: byClock.filter((score) => score !== null),
    byModel: silent ? null : modelCheck(context.fitOf(dataset), of, headline.trainingCost, headline.horizon),
    money:
      silent || seconds === null || context.prices === null
        ? null
        : moneyLine(seconds, pricesOf(context.prices, elsewhere)),
    note: noteOf(reading, headline, learned),
  };
}

/** What the study states of a training that it did not see, in words; null where it states nothing. */
function statedCost({ trial: { model } }: FinishedTraining): string | null {
  if (!isStoredModel(model) || model.cost === undefined) return null;
  const { seconds, samples, hardware } = model.cost;
  return `training cost as the study states it, not measured here: ${number(seconds)} s for ${count(samples)} images${hardware === undefined ? '' : ` on ${hardware}`}`;
}

/** The prices of a model: an hour of the machine that trained it elsewhere costs what the study states of it. */
function pricesOf(prices: PricesSpec, elsewhere: FinishedTraining | undefined): PricesSpec {
  const model = elsewhere?.trial.model;
  const stated = model !== undefined && isStoredModel(model) ? model.cost?.pricePerHour : undefined;
  return stated === undefined ? prices : { ...prices, training: stated };
}

const SECONDS_PER_HOUR = 3600;

function moneyLine({ best, trainingCost }: TrashByClock, { currency, training, attack }: PricesSpec): MoneyLine | null {
  if (best.value === null || best.meanCost === null) return null;
  const prices: Prices = { currency, training: training / SECONDS_PER_HOUR, attack: attack / SECONDS_PER_HOUR };
  return pricedTrash(
    { value: best.value, lower: best.lower, upper: best.upper, trainingCost, meanCost: best.meanCost },
    prices,
  );
}
