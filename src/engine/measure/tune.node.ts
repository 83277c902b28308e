/** Variants of kernels that were measured to be quick, in a file: `outlast tune` writes it, all other commands follow it. */
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomic } from '../../base/files.node.ts';
import { cacheFolder } from '../../base/folders.node.ts';
import type { Device } from '../device/device.ts';
import type { AdapterProfile, Tuning } from '../device/profile.ts';
import { canonicalKernels } from '../kernels/canonical.ts';
import { kernelText, remembered, type TuningProblem } from './choices.ts';
import { adapterKey, fingerprint, readKept } from './kept.node.ts';
import { type Tuned, type TuneOptions, tune } from './tune.ts';

export { type CheckedKernel, checkKernels } from './check.ts';

const choice = z.strictObject({
  variant: z.string(),
  /** Fingerprint of the kernels that it was chosen among. */
  kernels: z.string(),
  milliseconds: z.record(z.string(), z.number().nonnegative()),
});
type Choice = z.infer<typeof choice>;

/** By adapter, then by problem. */
const schema = z.record(z.string(), z.record(z.string(), choice));

export interface TuningCache {
  /** Called with a line when the file is damaged and is written again, and for each variant whose result is wrong. */
  warn(line: string): void;
  readonly folder?: string;
}

interface Kept {
  readonly path: string;
  readonly all: Record<string, Record<string, Choice>>;
}

async function readChoices({ warn, folder = cacheFolder() }: TuningCache): Promise<Kept> {
  const path = join(folder, 'tuning.json');
  let damaged = false;
  const all = await readKept({
    path,
    what: 'choices of kernels',
    schema,
    warn: (line) => {
      damaged = true;
      warn(line);
    },
  });
  // Else every command would warn until somebody tunes.
  if (damaged) await writeChoices(path, all);
  return { path, all };
}

const writeChoices = (path: string, all: Kept['all']) => writeFileAtomic(path, `${JSON.stringify(all, null, 2)}\n`);

/** What was chosen earlier for an adapter and its driver; null when nothing was. */
export async function recallTuning(
  profile: Pick<AdapterProfile, 'adapter' | 'capabilities'>,
  cache: TuningCache,
): Promise<Tuning | null> {
  const { all } = await readChoices(cache);
  const choices = all[adapterKey(profile)] ?? {};
  const chosen = Object.entries(choices).map(([key, { variant, kernels }]) => [key, variant, kernels]);
  if (chosen.length === 0) return null;
  return {
    variantOf: remembered(choices, profile.capabilities, fingerprint),
    identity: fingerprint(JSON.stringify(chosen.sort(([a], [b]) => (a < b ? -1 : 1)))),
  };
}

export interface TuneAllOptions extends TuningCache, TuneOptions {
  /** Measures again what was measured before. */
  readonly fresh?: boolean;
  onTuned?(tuned: Tuned): void;
}

/**
 * Measures problems that were not measured before with these kernels, and keeps each choice as soon as it is known. What did not
 * settle is not kept, so that it is measured again another time.
 * @returns what is kept of each problem; `rejected` is empty for those measured earlier
 */
export async function tuneAll(
  device: Device,
  problems: readonly TuningProblem[],
  { fresh = false, onTuned, stopwatch, ...cache }: TuneAllOptions,
): Promise<Tuned[]> {
  const { path, all } = await readChoices(cache);
  const adapter = adapterKey(device);
  let choices = all[adapter] ?? {};
  const results: Tuned[] = [];
  const textOf = canonicalKernels();
  for (const problem of problems) {
    const { key } = problem;
    const kernels = fingerprint(kernelText(problem, device.capabilities, textOf));
    const known = Object.hasOwn(choices, key) && choices[key].kernels === kernels ? choices[key] : null;
    const result =
      known !== null && !fresh
        ? { key, variant: known.variant, milliseconds: known.milliseconds, settled: true, rejected: [] }
        : await tune(device, problem, { stopwatch });
    for (const { variant, reason } of result.rejected)
      cache.warn(`the variant ${variant} of ${key} is wrong and is not used: ${reason}`);
    const { variant, milliseconds } = result;
    if (result.settled && result.milliseconds !== known?.milliseconds) {
      choices = { ...choices, [key]: { variant, kernels, milliseconds: { ...milliseconds } } };
      await writeChoices(path, { ...all, [adapter]: choices });
    }
    results.push(result);
    onTuned?.(result);
  }
  return results;
}
