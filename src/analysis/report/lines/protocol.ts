import { median } from 'simple-statistics';
import { groupBy } from '../../../base/groupBy.ts';
import {
  type AttackNorm,
  type CurvePoint,
  localOptimality,
  lowerEnvelope,
  robustnessCurves,
  THREAT_MODELS,
} from '../../robustness/index.ts';
import { canonicalJson } from '../../study/index.ts';
import type { Attacked } from '../rows/attacked.ts';
import { globalLines, type OptimalityLine } from './optimality.ts';

/** An attack on a model under AttackBench's protocol. */
export interface LocalOptimalityLine {
  readonly attack: string;
  /** Null where no attack of the norm broke an image. */
  readonly optimality: number | null;
  /** Area under the curve of accuracy by distance, up to the envelope's farthest; null as the optimality is. */
  readonly area: number | null;
  readonly broken: number;
  /** Median over the images that were broken; null where none was. */
  readonly medianDistance: number | null;
  /** Passes that an image was asked for, the mean of those that were right before; null where none was. */
  readonly forwards: number | null;
  readonly backwards: number | null;
}

/** All attacks of a norm on one defended model, beside their lower envelope: for every image the smallest distance that any found. */
export interface ProtocolTarget {
  readonly dataset: string;
  readonly model: string;
  readonly defence: string;
  readonly seed: number;
  readonly images: number;
  readonly misclassifiedBefore: number;
  readonly envelopeArea: number | null;
  /** The envelope's farthest distance. */
  readonly farthest: number | null;
  /** The best first. */
  readonly attacks: readonly LocalOptimalityLine[];
  /** Accuracy by distance of each attack and of all together; empty where there are too many models to draw. */
  readonly curves: readonly CurvePoint[];
}

/** What the attacks of one norm came to under AttackBench's protocol. */
export interface ProtocolLine {
  readonly norm: AttackNorm;
  /** Forward and backward passes that each attack might spend on an image. */
  readonly passes: number;
  readonly targets: readonly ProtocolTarget[];
  /** Mean over models; empty where there is one attack only. */
  readonly overall: readonly OptimalityLine[];
}

/** The most models whose curves are drawn. */
const MOST_DRAWN = 8;

/** AttackBench's scores of a study that is run by its protocol, norm by norm; empty of other studies. */
export function protocolLines(attacked: readonly Attacked[]): ProtocolLine[] {
  const ran = attacked.filter(({ attack }) => attack.result.protocol !== undefined);
  return groupBy(ran, ({ condition }) => condition.norm).map((ofNorm) => {
    const groups = groupBy(ofNorm, ({ condition: { dataset, model, defence, seed } }) =>
      canonicalJson([dataset, model, defence, seed]),
    );
    const targets = groups.map((group) => targetOf(group, groups.length <= MOST_DRAWN));
    return {
      norm: ofNorm[0].condition.norm as AttackNorm,
      passes: ofNorm[0].attack.trial.protocol?.passes ?? 0,
      targets,
      overall: globalLines(targets.flatMap((target) => target.attacks)),
    };
  });
}

function targetOf(group: readonly Attacked[], isDrawn: boolean): ProtocolTarget {
  const [{ attack: first, condition }] = group;
  const { dataset, model, defence, seed } = condition;
  const all = group.map(distancesOf);
  const envelope = lowerEnvelope(all);
  const attacks = group.map((each, k): LocalOptimalityLine => {
    const score = localOptimality(all[k], envelope);
    const found = all[k].filter((distance) => distance > 0 && distance < Infinity);
    const { samples = [] } = each.attack.result.protocol ?? {};
    const right = samples.filter((_, i) => !each.attack.result.records[i].misclassifiedBefore);
    const mean = (of: 'forwards' | 'backwards') =>
      right.length === 0 ? null : right.reduce((sum, sample) => sum + sample[of], 0) / right.length;
    return {
      attack: each.condition.attack,
      optimality: score?.optimality ?? null,
      area: score?.area ?? null,
      broken: found.length,
      medianDistance: found.length === 0 ? null : median([...found]),
      forwards: mean('forwards'),
      backwards: mean('backwards'),
    };
  });
  const best = localOptimality(envelope, envelope);
  return {
    ...{ dataset, model, defence, seed },
    images: envelope.length,
    misclassifiedBefore: first.result.records.filter(({ misclassifiedBefore }) => misclassifiedBefore).length,
    envelopeArea: best?.envelopeArea ?? null,
    farthest: best?.farthest ?? null,
    attacks: attacks.toSorted((a, b) => (b.optimality ?? 0) - (a.optimality ?? 0)),
    curves: isDrawn ? curvesOf(group) : [],
  };
}

/** How far each image of a trial had to move, as AttackBench measures it: infinite where it was never broken. */
function distancesOf({ attack, condition }: Attacked): number[] {
  const { samples = [] } = attack.result.protocol ?? {};
  const model = THREAT_MODELS[condition.norm as AttackNorm];
  return samples.map(({ distances }) => distances?.[model] ?? Infinity);
}

function curvesOf(group: readonly Attacked[]): readonly CurvePoint[] {
  return robustnessCurves(
    group.map(({ attack: { result }, condition: { attack, norm } }) => ({
      attack,
      norm: norm as AttackNorm,
      radius: null,
      records: result.records.map((record, i) => ({
        ...record,
        distances: result.protocol?.samples[i].distances ?? record.distances,
      })),
    })),
  );
}
