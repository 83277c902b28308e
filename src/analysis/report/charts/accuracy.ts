import * as Plot from '@observablehq/plot';
import { tick } from '../format.ts';
import { groupBy } from '../groupBy.ts';
import type { Html } from '../html.ts';
import { normName, readable } from '../names.ts';
import type { AttackLine } from '../report.ts';
import { draw, GRID, type Grid, panelTicks, seriesChannels, seriesScales } from './figure.ts';

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

/** Lines of accuracy against strength, a panel for each model, a line for each defence. */
export function accuracyChart(lines: readonly AccuracyInput[], { models, defences }: Grid): Html {
  const points = accuracyPoints(lines);
  const [{ attack, norm, pixels }] = lines;
  const channels = { x: 'strength', y: 'accuracy', fx: 'model' } as const;
  return draw(
    {
      height: 230,
      marginLeft: 48,
      marginTop: 30,
      marginBottom: 38,
      ...seriesScales(defences),
      fx: { domain: models, label: null, padding: 0.08 },
      x: {
        label: pixels === null ? `Strength ε (${normName(norm)}) →` : 'Changed pixels →',
        labelAnchor: 'center',
        labelArrow: 'none',
        ticks: panelTicks(models.length),
        tickFormat: tick,
      },
      y: { domain: [0, 1], label: 'Accuracy', labelArrow: 'none', tickFormat: '.0%', ticks: 5 },
      marks: [
        Plot.gridY(GRID),
        Plot.ruleY([0], { stroke: 'currentColor' }),
        Plot.lineY(points, { ...channels, ...seriesChannels('defence', 'stroke'), strokeWidth: 1.75 }),
        Plot.dot(points, {
          ...channels,
          ...seriesChannels('defence', 'fill', { symbol: true }),
          r: 4,
          stroke: 'var(--paper)',
          strokeWidth: 0.75,
        }),
      ],
    },
    `Accuracy under ${readable(attack)} against its strength, by model and defence; the attack table holds the numbers.`,
  );
}
