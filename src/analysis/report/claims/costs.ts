import { groupBy } from '../../../base/groupBy.ts';
import type { ResNetSpec } from '../../../models/index.ts';
import { trainingDefence } from '../../robustness/index.ts';
import { canonicalJson } from '../../study/index.ts';
import type { ModelLine, TrashLine } from '../document.ts';
import { type ClaimLine, type ClaimVerdict, LEVEL, type Statement, untestable } from './claim.ts';
import { intersection } from './defences.ts';
import { logarithmOf, oneSidedP, ratioPart, type Wald } from './wald.ts';

const ALL_FAIL: Statement = {
  id: 'all-configurations-fail',
  claim:
    'Every configuration is cheaper to break than to train on: TRASH lies above 1 everywhere (the conclusion of the paper).',
  test: 'TRASH of every model under every defence, normal on the logarithmic scale. Confirmed when all lie above 1, each one-sided at 5 % (intersection-union); refuted when the 95 % interval of one lies below 1.',
  quantity: 'smallest TRASH',
};

const ALL_PASS: Statement = {
  id: 'all-configurations-pass',
  claim: 'Every configuration meets the bare minimum: TRASH lies below 1 everywhere (the considerations of the paper).',
  test: 'TRASH of every model under every defence, normal on the logarithmic scale. Confirmed when all lie below 1, each one-sided at 5 % (intersection-union); refuted when the 95 % interval of one lies above 1.',
  quantity: 'largest TRASH',
};

const CHEAPEST_TRAINING: Statement = {
  id: 'resnet18-cheapest-training',
  claim: 'ResNet-18 is the cheapest to train.',
  test: "Training time of every other depth over that of ResNet-18, in pairs of trainings that are equal otherwise; sign test for each depth. Confirmed when all p < 0.05, one-sided (intersection-union); refuted when another depth is cheaper, one-sided at 5 % with Bonferroni's correction.",
  quantity: 'smallest median ratio of training times, another depth over ResNet-18',
};

const CHEAPEST_TRASH: Statement = {
  id: 'resnet18-lowest-trash',
  claim: 'ResNet-18 has the lowest cost of training for its survival (TRASH).',
  test: [
    'TRASH of every other depth over that of ResNet-18, in pairs of configurations that are equal otherwise:',
    'the mean of the logarithms, with the mean of their standard errors (as if these were perfectly correlated),',
    'intervals of the two counting as independent.',
    'Confirmed when all lie above 1, each one-sided at 5 % (intersection-union);',
    "refuted when one lies below 1, one-sided at 5 % with Bonferroni's correction.",
  ].join(' '),
  quantity: 'smallest ratio of TRASH, another depth over ResNet-18',
};

/** What the paper says of costs, tested on the scores and the trainings themselves. */
export function costClaims(trash: readonly TrashLine[], models: readonly ModelLine[]): ClaimLine[] {
  return [allAbove(trash), allBelow(trash), cheapestTraining(models), cheapestTrash(trash, models)];
}

/** Models that were not broken, or have no verdict: a claim on every configuration is one on them, too. */
function unscored(trash: readonly TrashLine[]): TrashLine[] {
  return trash.filter(({ value, lower, upper }) => value === null || lower === null || upper === null);
}

interface Score {
  readonly name: string;
  readonly line: TrashLine;
  /** A Wald test of the score's logarithm. */
  readonly wald: Wald;
}

function scores(trash: readonly TrashLine[]): Score[] {
  return trash.flatMap((line) => {
    const wald = logarithmOf(line);
    if (wald === null || !(wald.standardError > 0)) return [];
    return [{ name: `${line.model}, ${line.defence}`, line, wald }];
  });
}

function allAbove(trash: readonly TrashLine[]): ClaimLine {
  const all = scores(trash);
  if (all.length === 0) return untestable(ALL_FAIL, 'no configuration has a score with an interval');
  const refuting = all.filter(({ line }) => (line.upper ?? 1) < 1);
  return ofAll(ALL_FAIL, all, refuting, 1, unscored(trash));
}

function allBelow(trash: readonly TrashLine[]): ClaimLine {
  const all = scores(trash);
  if (all.length === 0) return untestable(ALL_PASS, 'no configuration has a score with an interval');
  const refuting = all.filter(({ line }) => (line.lower ?? 1) > 1);
  return ofAll(ALL_PASS, all, refuting, -1, unscored(trash));
}

/** Claim that all scores lie on one side of 1. @param side 1: above, -1: below */
function ofAll(
  statement: Statement,
  all: readonly Score[],
  refuting: readonly Score[],
  side: 1 | -1,
  missing: readonly TrashLine[],
): ClaimLine {
  if (missing.length > 0 && refuting.length === 0)
    return untestable(
      statement,
      `${missing.length} of ${missing.length + all.length} configurations have no score with an interval (${missing[0].model}, ${missing[0].defence}: ${missing[0].note ?? missing[0].reading})`,
    );
  const extreme = all.reduce((most, each) => (side * each.wald.value < side * most.wald.value ? each : most));
  const p = Math.max(...all.map(({ wald }) => oneSidedP({ ...wald, value: side * wald.value })));
  const verdict: ClaimVerdict = p < LEVEL ? 'holds' : refuting.length > 0 ? 'does not hold' : 'undecided';
  const { value, lower, upper } = extreme.line;
  const reason =
    refuting.length > 0
      ? `${refuting.length} of ${all.length} lie on the other side`
      : `${extreme.name} is the extreme of ${all.length}`;
  return { ...statement, estimate: value, lower, upper, p, verdict, reason, parts: [] };
}

/** A ResNet: the paper speaks of no other networks. */
type ResNetLine = ModelLine & { readonly configuration: ResNetSpec; readonly trainSeconds: number };

const isResNet = (line: ModelLine): line is ResNetLine =>
  line.configuration.family === 'resnet' && line.trainSeconds !== null;

function cheapestTraining(all: readonly ModelLine[]): ClaimLine {
  const models = all.filter(isResNet);
  // Defences that act on predictions share their training with no defence: it counts once.
  const trainings = new Map(models.map((line) => [trainingKey(line, line.configuration.depth), line]));
  const shallow = [...trainings.values()].filter(({ configuration }) => configuration.depth === 18);
  const depths = [...new Set(models.map(({ configuration }) => configuration.depth))].filter((depth) => depth !== 18);
  const pairs = depths.map((depth) => ({
    depth,
    ratios: shallow.flatMap((line) => {
      const other = trainings.get(trainingKey(line, depth));
      return other ? [other.trainSeconds / line.trainSeconds] : [];
    }),
  }));
  const paired = pairs.filter(({ ratios }) => ratios.length > 0);
  if (paired.length === 0) return untestable(CHEAPEST_TRAINING, 'no ResNet-18 was trained beside another depth');
  const parts = paired.map(({ depth, ratios }) => ({
    name: `ResNet-${depth} (${pairsText(ratios.length)})`,
    ...signTest(ratios),
  }));
  const least = parts.reduce((worst, part) => (part.estimate < worst.estimate ? part : worst));
  const p = Math.max(...parts.map((part) => part.p));
  const cheaper = parts.filter((part) => part.reverse < LEVEL / parts.length).map(({ name }) => name);
  const few = paired.filter(({ ratios }) => 0.5 ** ratios.length >= LEVEL);
  const { estimate, lower, upper } = least;
  const verdict: ClaimVerdict =
    p < LEVEL ? 'holds' : cheaper.length > 0 ? 'does not hold' : few.length > 0 ? 'cannot be tested' : 'undecided';
  const reasons: Readonly<Record<ClaimVerdict, string>> = {
    holds: 'every other depth takes longer',
    'does not hold': `cheaper: ${cheaper.join(', ')}`,
    undecided: 'the order of training times is not the same everywhere',
    'cannot be tested': `a sign test needs five pairs; there are ${Math.min(...few.map(({ ratios }) => ratios.length))} of ResNet-${few[0]?.depth}`,
  };
  return {
    ...CHEAPEST_TRAINING,
    estimate,
    lower,
    upper,
    p,
    verdict,
    reason: reasons[verdict],
    parts: parts.map(({ reverse: _, ...part }) => part),
  };
}

/** Everything that decides the training of a model, another depth apart. */
function trainingKey({ dataset, seed, ...line }: ResNetLine, depth: number): string {
  const { configuration, trainingConfiguration, defenceConfiguration } = line;
  const model = { ...configuration, depth };
  return canonicalJson([dataset, model, trainingConfiguration, trainingDefence(defenceConfiguration), seed]);
}

/**
 * Sign test that the median of ratios lies above 1, exact; limits of the median are the order statistics that hold it with 95 %, null
 * where there are too few (fewer than six).
 */
export function signTest(ratios: readonly number[]): {
  estimate: number;
  lower: number | null;
  upper: number | null;
  p: number;
  reverse: number;
} {
  const sorted = [...ratios].sort((a, b) => a - b);
  const n = sorted.length;
  const tail = tails(n);
  const above = sorted.filter((ratio) => ratio > 1).length;
  const below = sorted.filter((ratio) => ratio < 1).length;
  // The k-th smallest and k-th largest leave out at most 2.5 % on each side.
  let k = 0;
  while (tail[n - k] <= 0.025 && k < n / 2) k++;
  return {
    estimate: (sorted[Math.floor((n - 1) / 2)] + sorted[Math.ceil((n - 1) / 2)]) / 2,
    lower: k === 0 ? null : sorted[k - 1],
    upper: k === 0 ? null : sorted[n - k],
    p: tail[above],
    reverse: tail[below],
  };
}

/** P(X >= k) for a binomial X of n tosses of a fair coin, k from 0 to n. */
function tails(n: number): number[] {
  const tail = new Array<number>(n + 2).fill(0);
  let term = 0.5 ** n;
  for (let k = n; k >= 0; k--) {
    tail[k] = tail[k + 1] + term;
    term *= k / (n - k + 1);
  }
  return tail;
}

function cheapestTrash(trash: readonly TrashLine[], models: readonly ModelLine[]): ClaimLine {
  const all = scores(trash);
  const lineOf = new Map(models.map((line) => [JSON.stringify([line.dataset, line.model, line.defence]), line]));
  const placed = all.flatMap((score) => {
    const { dataset, model, defence } = score.line;
    const line = lineOf.get(JSON.stringify([dataset, model, defence]));
    if (!line || !isResNet(line)) return [];
    const { depth, ...rest } = line.configuration;
    // Not by the names of the models: where the formats of one depth vary, its names tell the format, and those of others do not.
    const place = canonicalJson([dataset, defence, rest, line.trainingConfiguration]);
    return [{ ...score, depth, place }];
  });
  const places = groupBy(placed, ({ place }) => place);
  const depths = [...new Set(placed.map(({ depth }) => depth))].filter((depth) => depth !== 18);
  const tested = depths.flatMap((depth) => {
    const pairs = places.flatMap((group) => {
      const [one, other] = [18, depth].map((wanted) => group.find((each) => each.depth === wanted));
      return one && other
        ? [
            {
              value: other.wald.value - one.wald.value,
              standardError: Math.hypot(one.wald.standardError, other.wald.standardError),
            },
          ]
        : [];
    });
    if (pairs.length === 0) return [];
    const mean = (key: keyof Wald) => pairs.reduce((sum, pair) => sum + pair[key], 0) / pairs.length;
    return [
      {
        name: `ResNet-${depth} (${pairsText(pairs.length)})`,
        wald: { value: mean('value'), standardError: mean('standardError') },
      },
    ];
  });
  if (tested.length === 0) return untestable(CHEAPEST_TRASH, 'no ResNet-18 has a score beside another depth');
  const line = intersection(CHEAPEST_TRASH, tested);
  return { ...line, parts: tested.map(({ name, wald }) => ratioPart(name, wald, LEVEL, oneSidedP(wald))) };
}

const pairsText = (count: number): string => `${count} ${count === 1 ? 'pair' : 'pairs'}`;
