/** `npm run gpu` on this machine. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { InputError } from '../../src/base/errors.ts';
import { type Baseline, baselineOf, baselineText, compareWithBaseline } from './baseline.ts';
import { compileFor, type Places } from './drivers.node.ts';
import { targets } from './gpus.ts';
import { type TargetResult, targetResult } from './result.ts';
import { targetTable } from './table.ts';
import { planWorkloads } from './workloads.ts';

export interface GpuOptions {
  /** Names of targets and workloads; not given: those of the baselines, or one of each. */
  readonly devices?: readonly string[];
  readonly workloads?: readonly string[];
  /** Root of another Debian; not given: /opt/trixie for drivers that this one does not have. */
  readonly root?: string;
  readonly mode: 'print' | 'save' | 'check';
}

/** Folders of this checkout, and the bundled program. */
export interface GpuPlaces extends Omit<Places, 'root'> {
  readonly baselines: string;
}

const DEFAULT_DEVICES = ['navi31'];
const DEFAULT_WORKLOADS = ['W4'];
const OTHER_ROOT = '/opt/trixie';

const print = (lines: readonly string[]) => process.stdout.write(`${lines.join('\n')}\n`);

function replaceFile(path: string, text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

function baselineFile(folder: string, device: string): string {
  return join(folder, `${device}.json`);
}

function readBaseline(folder: string, device: string): Baseline | null {
  const file = baselineFile(folder, device);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null;
}

function runOn(device: string, names: readonly string[], root: string | undefined, places: GpuPlaces): TargetResult {
  const target = targets[device];
  const planned = planWorkloads(names);
  const otherRoot = root ?? (target.driver === 'nvk' && existsSync(OTHER_ROOT) ? OTHER_ROOT : null);
  const compiled = compileFor(device, target, planned.kernels, { ...places, root: otherRoot });
  const result = targetResult(device, target.gpus, planned, compiled);
  replaceFile(join(places.out, `${device}.json`), `${JSON.stringify(result, null, 1)}\n`);
  return result;
}

/** Prints what is worse than the baseline. @returns whether something is that has no note */
function check(result: TargetResult, baseline: Baseline): boolean {
  const worse = compareWithBaseline(result, baseline);
  const failed = worse.filter(({ note }) => note === undefined);
  print([
    ...worse.map(
      ({ kernel, how, note }) => `${result.target}: ${kernel}: ${how}${note === undefined ? '' : ` (${note})`}`,
    ),
    `${result.target}: ${result.kernels.length} kernels, ${failed.length} worse than their baseline`,
  ]);
  return failed.length > 0;
}

/**
 * Compiles workloads for GPUs and prints, keeps or compares what comes of it.
 * @returns whether a kernel is worse than its baseline
 * @throws InputError for a target or workload that there is not, and where a driver is missing
 */
export function runGpu({ devices, workloads, root, mode }: GpuOptions, places: GpuPlaces): boolean {
  mkdirSync(places.out, { recursive: true });
  const kept = existsSync(places.baselines)
    ? readdirSync(places.baselines).flatMap((name) => (name.endsWith('.json') ? [basename(name, '.json')] : []))
    : [];
  const chosen = devices ?? (mode === 'print' ? DEFAULT_DEVICES : kept);
  const unknown = chosen.find((device) => !Object.hasOwn(targets, device));
  if (unknown !== undefined)
    throw new InputError(`--device: there is no "${unknown}"; there are ${Object.keys(targets).join(', ')}`);
  let failed = false;
  for (const device of chosen) {
    const baseline = readBaseline(places.baselines, device);
    if (mode === 'check' && baseline === null)
      throw new InputError(`gpu: there is no baseline of ${device}; there are those of ${kept.join(', ')}`);
    const names = workloads ?? (mode === 'print' ? undefined : baseline?.workloads) ?? DEFAULT_WORKLOADS;
    const result = runOn(device, names, root, places);
    if (mode === 'check' && baseline !== null) failed = check(result, baseline) || failed;
    else print(targetTable(result));
    if (mode === 'save') {
      mkdirSync(places.baselines, { recursive: true });
      replaceFile(baselineFile(places.baselines, device), baselineText(baselineOf(result, baseline?.notes)));
    }
  }
  return failed;
}
