/** Results as text. */
import type { Compared } from './peers.ts';
import type { BenchResult, Curve, Load, Row } from './result.ts';

/** The lines above every table: on what machine and when its figures were measured. */
export function describeSurroundings({
  adapter,
  machine,
  kernels,
}: Pick<BenchResult, 'adapter' | 'machine' | 'kernels'>): string[] {
  return [
    `${adapter.name}, driver ${adapter.driver}, ${adapter.backend}${adapter.software ? ' (software)' : ''}; ` +
      `kernels: ${kernels === undefined ? 'defaults' : `measured, choice ${kernels}`}`,
    `${machine.cores} x ${machine.processor}, load ${machine.load.toFixed(1)} at ${machine.date.slice(0, 16).replace('T', ' ')} UTC`,
  ];
}

const figure = (value: number): string => {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : value >= 0.1 ? 2 : 4;
  return value.toFixed(digits);
};

const share = (value: number | null): string => (value === null ? '' : `${(100 * value).toFixed(0)} %`);

const cells = ({ median, min, max, metric, runs, roofline }: Row): string =>
  [median, min, max].map((value) => figure(value).padStart(9)).join('') +
  `  ${metric.padEnd(8)}${String(runs).padStart(5)}${share(roofline).padStart(10)}`;

const header = (first: string, width: number): string =>
  `${first.padEnd(width)}${['median', 'lowest', 'highest'].map((text) => text.padStart(9)).join('')}            runs  roofline`;

/** A line for each row, with the sizes of its workload. */
export function suiteTable(rows: readonly Row[], descriptions: ReadonlyMap<string, string>): string[] {
  const width = Math.max(...rows.map(({ workload }) => workload.length)) + 1;
  return [
    header('workload', width),
    ...rows.map((row) =>
      `${row.workload.padEnd(width)}${cells(row)}  ${descriptions.get(row.workload) ?? ''}`.trimEnd(),
    ),
  ];
}

/** Time and memory until a system's first result, from the beginning of its process on. */
function loadLine({ system, milliseconds, peakBytes, idleBytes, fileBytes }: Load): string {
  const times = (bytes: number) => `${figure(bytes / fileBytes)} x the file`;
  const memory =
    peakBytes === null
      ? ''
      : `, ${figure(peakBytes / 1e6)} MB resident at the peak (${times(peakBytes)}${
          idleBytes === null ? '' : `; ${times(peakBytes - idleBytes)} beyond ${figure(idleBytes / 1e6)} MB before`
        })`;
  return `  ${system.padEnd(26)}first result after ${figure(milliseconds / 1000)} s${memory}`;
}

/** The speed of every system on one workload, and how many times faster outlast is. */
export function comparisonTable(
  { rows, ratios, loads }: Compared,
  { name, description }: { readonly name: string; readonly description: string },
): string[] {
  const lines = rows.map((row) => {
    const ratio = ratios.find(({ against }) => against === row.system);
    const label = ratio === undefined ? row.system : `${row.system} ${ratio.version}`;
    const factor =
      ratio === undefined
        ? ''
        : `  outlast is ${figure(ratio.ratio)} x as fast (${figure(ratio.min)} to ${figure(ratio.max)}), ${figure(ratio.processor)} x by processor time`;
    const processor = row.processor === undefined ? '' : figure(row.processor);
    return `  ${label.padEnd(26)}${cells(row)}${processor.padStart(14)}${factor}`;
  });
  return ['', `${name}: ${description}`, `${header('', 28)}  processor ms`, ...lines, ...loads.map(loadLine)];
}

/** How an epoch ended. */
export const curveLine = ({ epoch, loss, accuracy, seconds }: Curve['epochs'][number]): string =>
  `epoch ${epoch}: loss ${loss.toFixed(4)}, accuracy ${(100 * accuracy).toFixed(2)} %, ${seconds.toFixed(0)} s`;

/** The most epochs of a curve that a table shows. */
const SHOWN_EPOCHS = 12;

/** Some of a training's epochs, among them the last, and its test accuracy. */
export function curveTable({ workload, epochs, testAccuracy, seconds }: Curve): string[] {
  const every = Math.ceil(epochs.length / SHOWN_EPOCHS);
  const shown = epochs.filter(({ epoch }) => epoch % every === 0 || epoch === epochs.length);
  return [
    `${workload}: test accuracy ${(100 * testAccuracy).toFixed(2)} % after ${epochs.length} epochs, ${seconds.toFixed(0)} s`,
    ...shown.map((epoch) => `  ${curveLine(epoch)}`),
  ];
}
