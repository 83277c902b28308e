/** Results as text. */
import type { Estimate } from './estimate.ts';
import type { KernelRow, TargetResult } from './result.ts';

/** Kernels of an estimate that are shown: those that take longest. */
const SHOWN = 14;
const LONGEST_NAME = 72;

type Cell = string | number | null;

const shortened = (text: string) => (text.length > LONGEST_NAME ? `${text.slice(0, LONGEST_NAME - 1)}~` : text);

/** Lines of cells, the first column to the left, all others to the right. */
function lines(rows: readonly (readonly Cell[])[]): string[] {
  const texts = rows.map((row) => row.map((cell) => (cell === null ? '-' : String(cell))));
  const widths = texts[0].map((_, column) => Math.max(...texts.map((row) => row[column].length)));
  return texts.map((row) =>
    row.map((text, i) => (i === 0 ? text.padEnd(widths[i]) : text.padStart(widths[i]))).join('  '),
  );
}

/** The share of multiply-adds among the issue slots, in percent; null where there are none. */
export const fmaPercent = ({ fma, slots }: Pick<KernelRow, 'fma' | 'slots'>): number | null =>
  fma === 0 ? null : Math.round((100 * fma) / slots);

const ratio = (value: number | null) => value?.toFixed(2) ?? null;

function kernelLines(kernels: readonly KernelRow[]): string[] {
  const columns = [
    'calls',
    'size',
    'wave',
    'registers',
    'shared B',
    'spills',
    'waves',
    'code',
    'slots',
    'FMA',
    'FMA %',
  ];
  return lines([
    ['kernel', ...columns, 'flop/shared B', 'flop/B'],
    ...kernels.map((kernel) => [
      ...[shortened(kernel.name), kernel.calls, kernel.workgroup, kernel.wave, kernel.registers],
      ...[kernel.workgroupBytes, kernel.spills, kernel.occupancy, kernel.instructions, kernel.slots],
      ...[kernel.fma, fmaPercent(kernel), ratio(kernel.flopsPerWorkgroupByte), ratio(kernel.flopsPerBufferByte)],
    ]),
  ]);
}

const ms = (us: number) => (us / 1000).toFixed(3);

function estimateLines(workload: string, { gpu, launches, us, memoryUs, flops, kernels }: Estimate): string[] {
  const shown = kernels.slice(0, SHOWN);
  const rest = kernels.slice(SHOWN).reduce((sum, kernel) => sum + kernel.us, 0);
  return [
    '',
    `${workload} on ${gpu}: ${(us / 1000).toFixed(2)} ms estimated, ${launches} launches, ${(flops / 1e9).toFixed(1)} GFLOP, ` +
      `${(flops / us / 1e6).toFixed(1)} TFLOP/s; memory's bandwidth alone ${(memoryUs / 1000).toFixed(2)} ms`,
    ...lines([
      ['kernel', 'calls', 'ms', 'memory ms', 'TFLOP/s', 'bound by'],
      ...shown.map((kernel) => [
        ...[shortened(kernel.name), kernel.calls, ms(kernel.us), ms(kernel.memoryUs)],
        kernel.flops === 0 ? null : (kernel.flops / kernel.us / 1e6).toFixed(2),
        Object.entries(kernel.bounds)
          .map(([bound, count]) => `${bound} ${count}`)
          .join(', '),
      ]),
      ...(rest > 0 ? [['all others', null, ms(rest), null, null, '']] : []),
    ]),
  ];
}

/** A target's kernels, and the estimates of its workloads. */
export function targetTable({ target, driver, kernels, workloads }: TargetResult): string[] {
  return [
    `${target}: ${driver}`,
    ...kernelLines(kernels),
    ...Object.entries(workloads).flatMap(([name, estimates]) => estimates.flatMap((each) => estimateLines(name, each))),
  ];
}
