/** What `outlast attack` prints. */

import type { AttackOutcome, AttackRecord } from '../../analysis/robustness/index.ts';
import { plain } from '../../base/notation.ts';
import { snakeCase } from '../../base/parameter.ts';
import { type Line, Table } from '../terminal/table.ts';
import { type BestOf, describeBestOf } from './bestOf.ts';
import { type Certification, describeCertification } from './certification.ts';
import type { PlannedAttack } from './flags.ts';

/** One attack at one strength, or several as one, and what it came to. */
export interface AttackRun {
  /** What tables and figures call it. */
  readonly title: string;
  /** The attack; of several as one, the first that has a distance. */
  readonly planned: PlannedAttack;
  readonly outcome: AttackOutcome;
  readonly bestOf?: BestOf;
  readonly certified: Certification | null;
}

export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

const brokenOf = ({ records }: AttackOutcome): readonly AttackRecord[] => records.filter(({ success }) => success);

/** The settings of an attack as text: `norm inf, eps 0.03137, max_iter 10`. */
function describeSettings({ settings, hasDefaultEps }: PlannedAttack): string {
  return Object.entries(settings)
    .map(([name, value]) => {
      const text = typeof value === 'number' ? String(Number(value.toPrecision(4))) : value;
      return `${snakeCase(name)} ${text}${name === 'eps' && hasDefaultEps ? ' (the default)' : ''}`;
    })
    .join(', ');
}

/** One attack at one strength: names and values, then warnings. */
export function describeRun({ title, planned, outcome, bestOf, certified }: AttackRun): string[] {
  const { records, cleanAccuracy, robustAccuracy } = outcome;
  const broken = brokenOf(outcome);
  const lines: (readonly [string, string])[] = [
    ...(bestOf?.attacks ?? [planned]).map((attack) => [attack.name, describeSettings(attack)] as const),
    ['clean accuracy', percent(cleanAccuracy)],
    [`accuracy under ${title}`, percent(robustAccuracy)],
    ['broken', `${broken.length} of ${records.length}`],
    ...(bestOf === undefined ? [] : [['broken by', describeBestOf(bestOf)] as const]),
  ];
  if (broken.length > 0) {
    const of = (value: (record: AttackRecord) => number) => median(broken.map(value)).toPrecision(4);
    const distances = [of((r) => r.distances.l0), of((r) => r.distances.l1), of((r) => r.distances.l2)];
    lines.push(
      ['still broken in 8 bits', String(broken.filter(({ successAfterRounding }) => successAfterRounding).length)],
      ['median L0, L1, L2, Linf', [...distances, of((r) => r.distances.linf)].join(', ')],
      ['median queries, gradients', [of((r) => r.cost.queries), of((r) => r.cost.gradients)].join(', ')],
      ['median seconds', of((r) => r.cost.seconds)],
    );
  }
  if (certified !== null) lines.push(...describeCertification(certified));
  return lines.map(([name, value]) => `${name.padEnd(28)} ${value}`);
}

const HEADINGS = ['accuracy', 'broken', 'median L2', 'median Linf', 'queries', 'gradients'] as const;

/** What tells the runs apart, a text of one width for each: attack, norm and strength; the first are the headings. */
function namesOf(runs: readonly AttackRun[]): string[] {
  const names = [
    ['attack', 'norm', 'eps'],
    ...runs.map(({ planned: { name, settings } }) => {
      const strength = settings.eps ?? settings.th;
      const shown = strength === undefined ? plain.none : String(Number(strength.toPrecision(4)));
      return [name, settings.norm, settings.th === undefined ? shown : `th ${shown}`];
    }),
  ];
  const [first, second, third] = [0, 1, 2].map((part) => Math.max(...names.map((each) => each[part].length)));
  return names.map(([name, norm, eps]) => [name.padEnd(first), norm.padEnd(second), eps.padStart(third)].join('  '));
}

/** Several attacks: a line for each attack at each strength. */
export function describeRuns(runs: readonly AttackRun[]): Line[] {
  const [{ outcome: first }] = runs;
  const [heading, ...names] = namesOf(runs);
  const rows = runs.map(({ outcome }, i) => {
    const broken = brokenOf(outcome);
    const of = (value: (record: AttackRecord) => number) =>
      broken.length === 0 ? plain.none : median(broken.map(value)).toPrecision(4);
    return [
      names[i],
      percent(outcome.robustAccuracy),
      `${broken.length} of ${outcome.records.length}`,
      of((r) => r.distances.l2),
      of((r) => r.distances.linf),
      of((r) => r.cost.queries),
      of((r) => r.cost.gradients),
    ];
  });
  return [
    `${'clean accuracy'.padEnd(28)} ${percent(first.cleanAccuracy)}`,
    '',
    new Table([[heading, ...HEADINGS], ...rows]),
    '',
    ...runs.flatMap(({ planned }, i) =>
      i > 0 && runs[i - 1].planned.name === planned.name ? [] : [`${planned.name}: ${describeSettings(planned)}`],
    ),
    ...runs.flatMap(({ planned, certified }) =>
      certified === null
        ? []
        : [
            '',
            ...[[planned.name, ''] as const, ...describeCertification(certified)].map(
              ([name, value]) => `${name.padEnd(28)} ${value}`,
            ),
          ],
    ),
  ];
}
