import * as Plot from '@observablehq/plot';
import { groupBy } from '../../../base/groupBy.ts';
import type { AttackLine } from '../document.ts';
import { parameter, percent, tick } from '../page/format.ts';
import { normName, readable } from '../page/names.ts';
import { draw, GRID, type Grid, hoverPoints, type Panel, seriesChannels, seriesScales } from './figure.ts';

export interface AccuracyPoint {
  readonly model: string;
  readonly defence: string;
  /** As `strengthOf`; 0 before the attack. */
  readonly strength: number;
  /** Mean over the seeds. */
  readonly accuracy: number;
}

/** How strong an attack is: its eps, or how many pixels it may change; null where nothing limits it. */
export const strengthOf = ({ eps, pixels }: Pick<AttackLine, 'eps' | 'pixels'>): number | null => eps ?? pixels;

/** What is needed of an attack line. */
export type AccuracyInput = Pick<
  AttackLine,
  'model' | 'defence' | 'attack' | 'norm' | 'eps' | 'pixels' | 'cleanAccuracy' | 'robustAccuracy'
>;

/**
 * Accuracy against strength for one attack; strength 0 is the accuracy before it. An attack without a strength has the accuracy before
 * it only.
 */
export function accuracyPoints(lines: readonly AccuracyInput[]): AccuracyPoint[] {
  const mean = (group: readonly AccuracyInput[], value: (line: AccuracyInput) => number) =>
    group.reduce((sum, line) => sum + value(line), 0) / group.length;
  return groupBy(lines, ({ model, defence }) => JSON.stringify([model, defence])).flatMap((group) => {
    const { model, defence } = group[0];
    const attacked = groupBy(group, (line) => String(strengthOf(line))).flatMap((same) => {
      const strength = strengthOf(same[0]);
      if (strength === null) return [];
      return [{ model, defence, strength, accuracy: mean(same, ({ robustAccuracy }) => robustAccuracy) }];
    });
    const clean = { model, defence, strength: 0, accuracy: mean(group, ({ cleanAccuracy }) => cleanAccuracy) };
    return [clean, ...attacked.sort((a, b) => a.strength - b.strength)];
  });
}

/** Accuracy against strength under one attack: a panel for each model, a line for each defence. */
export function accuracyPanels(lines: readonly AccuracyInput[], { models, defences }: Grid): Panel[] {
  const points = accuracyPoints(lines);
  const last = points.reduce((most, { strength }) => Math.max(most, strength), 0);
  const [{ attack, norm, pixels }] = lines;
  const unit = pixels === null ? `Strength ε (${normName(norm)}) →` : 'Changed pixels →';
  const titleOf = ({ defence, strength, accuracy }: AccuracyPoint) =>
    `${readable(defence)}, ${strength === 0 ? 'before the attack' : pixels === null ? `ε ${parameter(strength)}` : `${parameter(strength)} pixels`}: ${percent(accuracy)}`;
  const channels = { x: 'strength', y: 'accuracy' } as const;
  return models.map((model) => {
    const shown = points.filter((point) => point.model === model);
    const drawing = draw(
      'narrow',
      {
        height: 240,
        marginLeft: 54,
        marginRight: 24,
        marginTop: 26,
        marginBottom: 42,
        ...seriesScales(defences),
        x: {
          domain: [0, last],
          label: unit,
          labelAnchor: 'center',
          labelArrow: 'none',
          ticks: 5,
          tickFormat: tick,
        },
        y: {
          domain: [0, 1],
          label: 'Accuracy',
          labelArrow: 'none',
          tickFormat: (share: number) => percent(share, 0),
          ticks: 5,
        },
        marks: [
          Plot.gridY(GRID),
          Plot.ruleY([0], { stroke: 'currentColor' }),
          Plot.lineY(shown, { ...channels, ...seriesChannels('defence', 'stroke'), strokeWidth: 1.75 }),
          Plot.dot(shown, {
            ...channels,
            ...seriesChannels('defence', 'fill', { symbol: true }),
            r: 4,
            stroke: 'var(--paper)',
            strokeWidth: 0.75,
          }),
          hoverPoints(shown, 'strength', 'accuracy', titleOf),
        ],
      },
      `Accuracy of ${model} under ${readable(attack)} against its strength, by defence; the attack table holds the numbers.`,
    );
    return { title: models.length === 1 ? '' : model, drawing };
  });
}
