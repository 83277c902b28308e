import { InputError } from '../../../base/errors.ts';
import {
  fitParametric,
  type ParametricFit,
  parametricScoreResiduals,
  type SurvivalTable,
} from '../../survival/index.ts';
import { distinctDepths } from '../lines/partialEffects.ts';
import { covariatesOf } from '../rows/covariates.ts';
import { evenly, restrict, toSurvivalTable } from '../rows/studyTable.ts';
import {
  aboveOne,
  type ClaimLine,
  type ClaimVerdict,
  LEVEL,
  RATIO_MARGIN,
  reasonOf,
  type Statement,
  untestable,
} from './claim.ts';
import { contrast, type Fitted, limits, oneSidedP, pOf, ratioPart } from './wald.ts';

const DEPTH: Statement = {
  id: 'depth-raises-survival',
  claim: 'Deeper models survive longer, slightly (paper: a ResNet-152 2.2 times as long as a ResNet-18).',
  test: 'Time ratio of the deepest against the shallowest model from the coefficient of depth, all else equal; decided when its 95 % interval lies on one side of 1.',
  quantity: 'time ratio of the deepest against the shallowest model',
};

const THROUGH_TIME: Statement = {
  id: 'depth-through-prediction-time',
  claim: 'Depth raises survival mostly because deeper models take longer to predict.',
  test: 'Share of the coefficient of depth that vanishes when the logarithm of the prediction time joins the model, with the joint covariance of both fits over images (delta method). Decided when its 95 % interval lies on one side of one half.',
  quantity: 'share of the effect of depth that prediction time explains',
};

const EPOCHS: Statement = {
  id: 'epochs-do-not-help',
  claim: 'Training for more epochs does not make images survive longer.',
  test: `Time ratio of the most against the fewest epochs, all else equal. Refuted when its 95 % interval lies above 1; confirmed when its one-sided 95 % limit lies below ${RATIO_MARGIN}.`,
  quantity: 'time ratio of the most against the fewest epochs',
};

export const MODEL_STATEMENTS = [DEPTH, THROUGH_TIME, EPOCHS];

/** What the paper says of depth and training, tested on the fitted model. */
export function modelClaims(study: Fitted): ClaimLine[] {
  return [depth(study), throughTime(study), epochs(study)];
}

function rangeOf(values: readonly number[]): [number, number] {
  return [Math.min(...new Set(values)), Math.max(...new Set(values))];
}

function depth(study: Fitted): ClaimLine {
  if (!('depth' in study.covariates.columns))
    return untestable(DEPTH, 'depth does not vary in the model, or follows from something else');
  const [low, high] = rangeOf(distinctDepths(study.modelled.conditions));
  const { estimate, lower, upper, p } = ratioPart('', contrast(study, { depth: high - low }));
  const verdict = aboveOne({ lower, upper });
  const quantity = `time ratio of ${high} against ${low} layers`;
  return { ...DEPTH, quantity, estimate, lower, upper, p, verdict, reason: reasonOf(verdict), parts: [] };
}

function epochs(study: Fitted): ClaimLine {
  if (!('epochs' in study.covariates.columns))
    return untestable(EPOCHS, 'the number of epochs does not vary in the model, or follows from something else');
  const [low, high] = rangeOf(study.modelled.conditions.flatMap(({ training }) => training?.epochs ?? []));
  const wald = contrast(study, { epochs: high - low });
  const { estimate, lower, upper } = ratioPart('', wald);
  const verdict: ClaimVerdict =
    lower > 1 ? 'does not hold' : limits(wald, 2 * LEVEL)[1] < Math.log(RATIO_MARGIN) ? 'holds' : 'undecided';
  const reasons: Readonly<Record<string, string>> = {
    holds: 'no gain of a tenth or more',
    'does not hold': 'more epochs lengthen survival',
    undecided: 'no gain is shown, but the interval is wide enough to hold one',
  };
  const quantity = `time ratio of ${high} against ${low} epochs`;
  return {
    ...EPOCHS,
    quantity,
    estimate,
    lower,
    upper,
    p: oneSidedP(wald),
    verdict,
    reason: reasons[verdict],
    parts: [],
  };
}

/** Both fits and their influences are made of no more samples than this. */
const MOST_SAMPLES = 20_000;

function throughTime(study: Fitted): ClaimLine {
  const { modelled } = study;
  if (!('depth' in study.covariates.columns))
    return untestable(THROUGH_TIME, 'depth does not vary in the model, or follows from something else');
  if (modelled.conditions.some(({ predictSeconds }) => predictSeconds === null || !(predictSeconds > 0)))
    return untestable(THROUGH_TIME, 'the prediction time of some models is not known');
  const chosen = restrict(modelled, evenly(modelled, MOST_SAMPLES));
  const { columns } = covariatesOf(chosen.conditions);
  const { columns: timed } = covariatesOf(chosen.conditions, [
    ['log prediction time', ({ predictSeconds }) => Math.log(predictSeconds ?? Number.NaN)],
  ]);
  if (!('depth' in columns && 'depth' in timed && 'log prediction time' in timed))
    return untestable(THROUGH_TIME, 'prediction time follows from depth and the rest: the two cannot be told apart');
  try {
    const total = influenceOfDepth(toSurvivalTable(chosen, columns), study.fit);
    const direct = influenceOfDepth(toSurvivalTable(chosen, timed), study.fit);
    const [a, b] = [total.coefficient, direct.coefficient];
    const sum = (f: (k: number) => number) => total.influence.reduce((s, _, k) => s + f(k), 0);
    const [aa, bb, ab] = [
      sum((k) => total.influence[k] ** 2),
      sum((k) => direct.influence[k] ** 2),
      sum((k) => total.influence[k] * direct.influence[k]),
    ];
    const effect = { value: a, standardError: Math.sqrt(aa) };
    if (pOf(effect) >= LEVEL) return untestable(THROUGH_TIME, 'depth itself has no effect that these data show');
    const share = {
      value: 1 - b / a,
      standardError: Math.sqrt(Math.max(0, (b * b * aa) / a ** 4 + bb / a ** 2 - (2 * b * ab) / a ** 3)),
    };
    const [lower, upper] = limits(share);
    const verdict = aboveOne({ lower: 2 * lower, upper: 2 * upper });
    return {
      ...THROUGH_TIME,
      estimate: share.value,
      lower,
      upper,
      p: pOf({ ...share, value: share.value - 0.5 }),
      verdict,
      reason: reasonOf(verdict),
      parts: [
        ratioPart('10 layers', scaled(effect, 10)),
        ratioPart('10 layers at equal prediction time', scaled({ value: b, standardError: Math.sqrt(bb) }, 10)),
      ],
    };
  } catch (error) {
    if (error instanceof InputError) return untestable(THROUGH_TIME, `no model with prediction time: ${error.message}`);
    throw error;
  }
}

const scaled = ({ value, standardError }: { value: number; standardError: number }, by: number) => ({
  value: by * value,
  standardError: by * standardError,
});

/** The coefficient of depth, and what each image (cluster) adds to its deviation: dfbetas, summed over the image's rows. */
function influenceOfDepth(
  table: SurvivalTable,
  { distribution }: ParametricFit,
): { readonly coefficient: number; readonly influence: Float64Array } {
  const fit = fitParametric(table, { distribution, covariance: 'model' });
  const [{ covariates, offset }] = fit.blocks;
  const at = offset + 1 + covariates.indexOf('depth');
  const size = fit.estimates.length;
  const scores = parametricScoreResiduals(fit, table);
  const clusters = table.clusters ?? Int32Array.from({ length: table.rows }, (_, row) => row);
  const influence = new Float64Array(clusters.reduce((most, cluster) => Math.max(most, cluster), 0) + 1);
  for (let row = 0; row < table.rows; row++)
    for (let j = 0; j < size; j++) influence[clusters[row]] += scores[row * size + j] * fit.covariance[at * size + j];
  return { coefficient: fit.estimates[at], influence };
}
