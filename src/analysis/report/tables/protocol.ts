import type { Report } from '../report.ts';
import { csv } from './csvRows.ts';

const TARGET = ['norm', 'dataset', 'model', 'defence', 'seed'] as const;

/** AttackBench's scores by file name; none of a study that is not run by its protocol. */
export function protocolTables({ protocol }: Report): Record<string, string> {
  if (protocol.length === 0) return {};
  const targets = protocol.flatMap(({ norm, targets: ofNorm }) => ofNorm.map((target) => ({ norm, ...target })));
  return {
    'protocol.csv': csv(
      [
        ...[...TARGET, 'attack', 'optimality', 'area', 'envelopeArea', 'farthest'],
        ...['images', 'misclassifiedBefore', 'broken', 'medianDistance', 'forwards', 'backwards'],
      ],
      targets.flatMap(({ attacks, curves: _, ...target }) => attacks.map((line) => ({ ...target, ...line }))),
    ),
    'protocol-global.csv': csv(
      ['norm', 'attack', 'mean', 'deviation', 'models'],
      protocol.flatMap(({ norm, overall }) => overall.map((line) => ({ norm, ...line }))),
    ),
    'protocol-curves.csv': csv(
      [...TARGET, 'attack', 'distance', 'accuracy', 'lower', 'upper'],
      targets.flatMap(({ curves, attacks: _, ...target }) =>
        curves.map(({ eps, norm: __, ...point }) => ({ ...target, ...point, distance: eps })),
      ),
    ),
  };
}
