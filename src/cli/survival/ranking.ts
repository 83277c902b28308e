import type {
  FittedModel,
  ModelBootstrap,
  ModelFold,
  ModelPrediction,
  Performance,
  ProportionalityTest,
} from '../../analysis/survival/index.ts';
import { plain } from '../../base/notation.ts';
import { type Line, Table } from '../terminal/table.ts';

const { fixed } = plain;

/** What models can be ranked by; the lowest is the best. */
export const RANKINGS = ['aic', 'bic', 'ici'] as const;
export type Ranking = (typeof RANKINGS)[number];

/** A model with what it says of the rows it was fitted to and of those held out, and what else was asked for. */
export interface Judged {
  readonly model: FittedModel;
  readonly train: Performance;
  readonly test: Performance | null;
  readonly folds: readonly ModelFold[] | null;
  readonly bootstrap: ModelBootstrap | null;
  /** Cox: do effects drift with time? */
  readonly proportionality: readonly ProportionalityTest[] | null;
  /** Accelerated failure time, where it was asked for: do covariates only stretch time? */
  readonly acceleration: readonly ProportionalityTest[] | null;
  /** One for each row of covariates that was asked for, in each stratum that it was asked for in, with the row as it was given. */
  readonly predictions: readonly {
    readonly given: Readonly<Record<string, string>>;
    readonly prediction: ModelPrediction;
  }[];
}

/**
 * The models, the best first. Cox's likelihood is a partial one, so that by AIC and BIC it stands last; calibration compares all
 * of them, on the rows held out where there are any.
 */
export function rankModels(judged: readonly Judged[], ranking: Ranking): Judged[] {
  const figure = ({ model, train, test }: Judged) => {
    if (ranking === 'ici') return (test ?? train).ici ?? Infinity;
    return model.kind === 'cox' ? Infinity : model.fit[ranking];
  };
  return [...judged].sort((a, b) => (figure(a) === figure(b) ? 0 : figure(a) - figure(b)));
}

const NAMES: Readonly<Record<Ranking, string>> = { aic: 'AIC', bic: 'BIC', ici: 'ICI' };

/** Ranked models side by side. */
export function describeRanking(ranked: readonly Judged[], ranking: Ranking): Line[] {
  const figure = (value: number | null) => fixed(value, 4);
  const lines = ranked.map(({ model, train, test }) => [
    model.name,
    model.kind === 'cox' ? '(partial)' : fixed(model.fit.logLikelihood, 3),
    model.kind === 'cox' ? plain.none : fixed(model.fit.aic, 2),
    model.kind === 'cox' ? plain.none : fixed(model.fit.bic, 2),
    figure(model.fit.concordance),
    figure((test ?? train).ici),
  ]);
  const held = ranked.some(({ test }) => test !== null) ? 'test ICI' : 'ICI';
  return [
    `Models, the lowest ${NAMES[ranking]} first`,
    new Table([['', 'log likelihood', 'AIC', 'BIC', 'concordance', held], ...lines]),
  ];
}

/** Held-out folds of every model: means over samples. */
export function describeFolds(judged: readonly Judged[]): Line[] {
  const validated = judged.flatMap(({ model, folds }) => (folds === null ? [] : [{ name: model.name, folds }]));
  if (validated.length === 0) return [];
  const lines = validated.map(({ name, folds }) => [
    name,
    ...(['concordance', 'logLikelihood'] as const).flatMap((key) => spread(folds, key)),
  ]);
  const head = ['', 'concordance', 'lowest', 'highest', 'log likelihood per sample', 'lowest', 'highest'];
  return [`Cross-validation, ${validated[0].folds.length} folds`, new Table([head, ...lines])];
}

function spread(folds: readonly ModelFold[], key: 'concordance' | 'logLikelihood'): string[] {
  const known = folds.flatMap((fold) => (fold[key] === null ? [] : [{ value: fold[key], weight: fold.samples }]));
  if (known.length === 0) return [plain.none, plain.none, plain.none];
  const total = known.reduce((sum, { weight }) => sum + weight, 0);
  const mean = known.reduce((sum, { value, weight }) => sum + (weight / total) * value, 0);
  const values = known.map(({ value }) => value);
  return [mean, Math.min(...values), Math.max(...values)].map((value) => fixed(value, 4));
}
