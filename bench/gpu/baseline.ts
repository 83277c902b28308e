/** Figures of kernels that are kept, one file for each target, and what has become worse than they say. */
import { InputError } from '../../src/base/errors.ts';
import type { KernelRow, TargetResult } from './result.ts';

type Figures = Pick<KernelRow, 'registers' | 'spills' | 'occupancy' | 'slots' | 'fma'>;

export interface Baseline {
  readonly driver: string;
  readonly workloads: readonly string[];
  /** Estimated milliseconds, by `WORKLOAD on GPU`: for readers, not compared. */
  readonly estimates: Readonly<Record<string, number>>;
  readonly kernels: Readonly<Record<string, Figures>>;
  /** Kernels that may be worse than their figures, with the reason. */
  readonly notes: Readonly<Record<string, string>>;
}

/** Share of issue slots by which a kernel may grow unnoticed. */
const MORE_SLOTS = 0.03;

/** What is to be kept of a result. @param notes reasons that were given before; those of kernels that are gone are dropped */
export function baselineOf({ driver, kernels, workloads }: TargetResult, notes: Baseline['notes'] = {}): Baseline {
  const estimates = Object.entries(workloads).flatMap(([name, all]) =>
    all.map(({ gpu, us }) => [`${name} on ${gpu}`, Number((us / 1000).toFixed(2))] as const),
  );
  const figures = ({ registers, spills, occupancy, slots, fma }: KernelRow): Figures => ({
    registers,
    spills,
    occupancy,
    slots,
    fma,
  });
  const rows = kernels.map((kernel) => [kernel.name, figures(kernel)] as const);
  return {
    driver,
    workloads: Object.keys(workloads),
    estimates: Object.fromEntries(estimates),
    kernels: Object.fromEntries(rows.sort(([a], [b]) => (a < b ? -1 : 1))),
    notes: Object.fromEntries(Object.entries(notes).filter(([name]) => rows.some(([own]) => own === name))),
  };
}

/** A baseline as JSON, a kernel a line. */
export function baselineText({ kernels, ...rest }: Baseline): string {
  const lines = Object.entries(kernels).map(
    ([name, figures]) => `    ${JSON.stringify(name)}: ${JSON.stringify(figures)}`,
  );
  const head = JSON.stringify(rest, null, 2).replace(/\n\}$/, '');
  return `${head},\n  "kernels": {\n${lines.join(',\n')}\n  }\n}\n`;
}

/** A kernel that is worse than its baseline. */
export interface Worse {
  readonly kernel: string;
  /** What is worse, with both figures. */
  readonly how: string;
  /** Why it may be, where the baseline says so. */
  readonly note?: string;
}

function reasons(now: Figures, before: Figures | undefined): string[] {
  const { spills = 0, occupancy = null, slots = Number.POSITIVE_INFINITY } = before ?? {};
  const lost = occupancy !== null && now.occupancy !== null && now.occupancy < occupancy;
  const more = now.slots > slots * (1 + MORE_SLOTS);
  return [
    ...(now.spills > spills ? [`spills ${now.spills} registers${before === undefined ? '' : `, not ${spills}`}`] : []),
    ...(lost ? [`${now.occupancy} waves, not ${occupancy}`] : []),
    ...(more ? [`${now.slots} issue slots, not ${slots} (+${Math.round(100 * (now.slots / slots - 1))} %)`] : []),
  ];
}

/**
 * Kernels that spill more registers, have fewer waves, or issue over 3 % more slots than before. New ones must not spill.
 * @throws InputError when the figures are another driver's
 */
export function compareWithBaseline({ target, driver, kernels }: TargetResult, baseline: Baseline): Worse[] {
  if (driver !== baseline.driver)
    throw new InputError(
      `gpu: the baseline of ${target} is ${baseline.driver}'s, here is ${driver}: compare on that one, or keep new figures with --save`,
    );
  return kernels.flatMap((row) => {
    const how = reasons(row, baseline.kernels[row.name]);
    if (how.length === 0) return [];
    const note = baseline.notes[row.name];
    return [{ kernel: row.name, how: how.join('; '), ...(note === undefined ? {} : { note }) }];
  });
}
