import { InputError } from '../../src/base/errors.ts';
import { arithmeticOperations, type Device, type DType } from '../../src/engine/index.ts';
import { type Dataset, PRECISIONS, type Precision } from '../../src/models/index.ts';
import { agreement, pgdVerdicts } from './agreement.ts';
import { definitionsOf, measureArithmetic } from './arithmetic.ts';
import { dtypes, measureConversion } from './conversions.ts';
import { type FloatDType, precisions } from './formats.ts';
import { measureNetwork } from './networks.ts';
import { measureOperation, operations } from './operations.ts';
import { exactProductNames, measureExactProduct } from './products.ts';
import type { MeasuredNetwork, MeasuredRow } from './result.ts';
import type { FidelityRow } from './tally.ts';

const SEED = 7;

/** Ops of many operations are measured with so many times fewer results: each has a reference of up to 72 products in BigInt. */
const OPERATION_SHARE = 16;

/** One row of the result, not measured yet. */
export interface Measurement {
  readonly op: string;
  readonly dtype: DType;
  /** The definitions of the engine that it measures, by their names. */
  readonly of: readonly string[];
  readonly measure: (device: Device, cases: number) => Promise<FidelityRow>;
}

const measurements: readonly Measurement[] = [
  ...(Object.keys(precisions) as FloatDType[]).flatMap((dtype) =>
    arithmeticOperations.map((op) => ({
      op,
      dtype,
      of: definitionsOf(op),
      measure: (device: Device, cases: number) => measureArithmetic(device, op, dtype, { cases, seed: SEED }),
    })),
  ),
  ...dtypes.flatMap((from) =>
    dtypes
      .filter((to) => to !== from)
      .map((to) => ({
        op: 'convert',
        dtype: from,
        of: ['convert', 'cast'],
        measure: (device: Device, cases: number) => measureConversion(device, from, to, { cases, seed: SEED }),
      })),
  ),
  ...exactProductNames.map((op) => ({
    op,
    dtype: 'f64' as const,
    of: [op],
    measure: (device: Device, cases: number) => measureExactProduct(device, op, { cases, seed: SEED }),
  })),
  ...operations.flatMap(([op, operation]) =>
    operation.formats.map((dtype) => ({
      op,
      dtype,
      of: operation.of ?? [op],
      measure: (device: Device, cases: number) =>
        measureOperation(device, op, operation, dtype, { cases: Math.ceil(cases / OPERATION_SHARE), seed: SEED }),
    })),
  ),
];

/** What to measure; everything where nothing is named. */
export interface FidelityChoice {
  readonly ops?: readonly string[];
  /** Formats of the operands. */
  readonly dtypes?: readonly string[];
}

/** The measurements of the named ops and formats. @throws InputError for a name that is none, or when nothing is left */
export function chooseMeasurements({ ops, dtypes: formats }: FidelityChoice): readonly Measurement[] {
  const check = (what: string, names: readonly string[] | undefined, known: readonly string[]) => {
    const unknown = names?.find((name) => !known.includes(name));
    if (unknown !== undefined)
      throw new InputError(`fidelity: "${unknown}" is no ${what}; there are ${known.join(', ')}`);
  };
  check('op', ops, [...new Set(measurements.map(({ op }) => op))]);
  check('number format', formats, dtypes);
  const chosen = measurements.filter(
    ({ op, dtype }) => ops?.includes(op) !== false && formats?.includes(dtype) !== false,
  );
  if (chosen.length === 0)
    throw new InputError(
      `fidelity: ${ops?.join(', ')} of ${formats?.join(', ')} does not exist; name other ops or formats`,
    );
  return chosen;
}

/** Measures on a device, one row after the other. */
export async function measureFidelity(
  device: Device,
  chosen: readonly Measurement[],
  cases: number,
  onRow: (row: MeasuredRow) => void,
): Promise<MeasuredRow[]> {
  const rows: MeasuredRow[] = [];
  for (const { measure } of chosen) {
    const { example: _, maxUlp, meanUlp, ...counted } = await measure(device, cases);
    const row = { ...counted, maxUlp: finite(maxUlp), meanUlp: finite(meanUlp) };
    rows.push(row);
    onRow(row);
  }
  return rows;
}

/**
 * Measures whole networks in the named precisions.
 * @param mnist what the attacked network is trained on
 */
export async function measureNetworks(
  device: Device,
  mnist: Dataset,
  precisions: readonly Precision[],
  onNetwork: (row: MeasuredNetwork) => void,
): Promise<MeasuredNetwork[]> {
  const verdicts = await pgdVerdicts(device, mnist, [...new Set([REFERENCE_PRECISION, ...precisions])]);
  const exact = verdicts.get(REFERENCE_PRECISION) ?? [];
  const rows: MeasuredNetwork[] = [];
  for (const dtype of precisions) {
    const { logitError, gradientError, lossError } = await measureNetwork(device, dtype);
    const row = {
      network: 'resnet18',
      dtype,
      logitError: finite(logitError),
      gradientError: finite(gradientError),
      lossError: finite(lossError),
      verdictAgreement: agreement(exact, verdicts.get(dtype) ?? []),
    };
    rows.push(row);
    onNetwork(row);
  }
  return rows;
}

/** That the others are compared with. */
const REFERENCE_PRECISION: Precision = 'f64';

/** The precisions of these names. @throws InputError for a name that is none */
export function choosePrecisions(names: readonly string[]): Precision[] {
  return names.map((name) => {
    const precision = PRECISIONS.find((each) => each === name);
    if (precision === undefined)
      throw new InputError(`fidelity: "${name}" is no precision; there are ${PRECISIONS.join(', ')}`);
    return precision;
  });
}

/** JSON has no infinity. */
const finite = (x: number): number | null => (Number.isFinite(x) ? x : null);

/** A row of a table that grows while it is measured: what it is about, and its figures, both of one width in all rows. */
export interface GrowingRow {
  readonly names: string;
  readonly figures: string;
}

const rowOf = (op: string, dtype: string, figures: readonly string[], width: number): GrowingRow => ({
  names: op.padEnd(32) + dtype.padEnd(8),
  figures: figures.map((text) => text.padStart(width)).join(''),
});

const columns = (op: string, dtype: string, figures: readonly string[]) => rowOf(op, dtype, figures, 11);

export const fidelityHeader: GrowingRow = columns('op', 'dtype', ['cases', 'wrong', 'max ulp', 'mean ulp']);

const networkColumns = (network: string, dtype: string, figures: readonly string[]) =>
  rowOf(network, dtype, figures, 15);

export const networkHeader: GrowingRow = networkColumns('network', 'dtype', [
  'logit error',
  'gradient error',
  'loss error',
  'same verdicts',
]);

/** A network's row of the table. */
export function networkLine({ network, dtype, verdictAgreement, ...errors }: MeasuredNetwork): GrowingRow {
  const figures = [errors.logitError, errors.gradientError, errors.lossError].map((error) =>
    error === null ? 'inf' : error.toExponential(1),
  );
  return networkColumns(network, dtype, [...figures, `${(100 * verdictAgreement).toFixed(0)} %`]);
}

/** A row of the table. */
export function fidelityLine({ op, dtype, cases, wrong, maxUlp, meanUlp }: MeasuredRow): GrowingRow {
  const ulp = (x: number | null) =>
    x === null ? 'inf' : x === 0 ? '0' : x < 1e-4 ? x.toExponential(3) : x.toPrecision(5);
  return columns(op, dtype, [String(cases), String(wrong), ulp(maxUlp), ulp(meanUlp)]);
}
