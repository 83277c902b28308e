import { basename, extname, join } from 'node:path';
import { median } from 'simple-statistics';
import {
  ATTACKBENCH_BUDGET,
  attackBenchFigures,
  attackBenchFile,
  type Classifier,
  checkRadius,
  localOptimality,
  lowerEnvelope,
  type Optimality,
  type ProtocolSample,
  runAttackBench,
  type Samples,
} from '../../analysis/robustness/index.ts';
import { type Sheet, sheetOf } from '../../analysis/tables/index.ts';
import { writeSheets } from '../../analysis/tables/write.node.ts';
import { InputError } from '../../base/errors.ts';
import { writeFilesAtomic } from '../../base/files.node.ts';
import { groupBy } from '../../base/groupBy.ts';
import { plain } from '../../base/notation.ts';
import { flagCase } from '../../base/parameter.ts';
import { type Line, Table } from '../terminal/table.ts';
import type { PlannedAttack } from './flags.ts';

/** Protocols by which attacks can be compared. */
export const PROTOCOLS = ['attackbench'] as const;

export type Protocol = (typeof PROTOCOLS)[number];

/** Flags that the protocol decides itself. */
const DECIDED = [
  'eps',
  'epsStep',
  'th',
  'within',
  'state',
  'certify',
  'maxSeconds',
  'maxQueries',
  'maxGradients',
] as const;

/**
 * @throws InputError when a flag is given that the protocol decides, an attack has no radius to search, or passes are limited without a
 * protocol
 */
export function checkProtocol(
  flags: Readonly<Partial<Record<(typeof DECIDED)[number] | 'protocol' | 'passes', unknown>>>,
  planned: readonly PlannedAttack[],
): void {
  if (flags.protocol === undefined) {
    if (flags.passes === undefined) return;
    throw new InputError(
      'attack: --passes is for --protocol attackbench; without it there are --max-queries and --max-gradients',
    );
  }
  const given = DECIDED.find((flag) => flags[flag] !== undefined);
  if (given !== undefined)
    throw new InputError(
      `attack: ${flagCase(given)} is not for --protocol attackbench, which searches for the radius and limits passes by --passes`,
    );
  for (const { name } of planned) checkRadius(name);
}

/** What an attack came to under the protocol, scored against the best of all that measure in its norm. */
export interface ProtocolRun {
  readonly planned: PlannedAttack;
  readonly samples: readonly ProtocolSample[];
  /** Null where no attack of the norm broke an image. */
  readonly score: Optimality | null;
}

/** Runs every attack by the protocol, one after the other. */
export async function runProtocol(
  classifier: Classifier,
  samples: Samples,
  planned: readonly PlannedAttack[],
  { seed, batch, passes }: { readonly seed: number; readonly batch: number; readonly passes?: number },
): Promise<ProtocolRun[]> {
  const done: { readonly planned: PlannedAttack; readonly samples: readonly ProtocolSample[] }[] = [];
  for (const attack of planned) {
    // What an attack comes to must not depend on those before it.
    classifier.restart(seed);
    const options = { seed, batchSize: batch, budget: passes };
    const { samples: attacked } = await runAttackBench(attack.name, classifier, samples, attack.settings, options);
    done.push({ planned: attack, samples: attacked });
  }
  return groupBy(done, ({ planned: { settings } }) => settings.norm).flatMap((ofNorm) => {
    const all = ofNorm.map(({ samples: each }) => each.map(({ distance }) => distance));
    const envelope = lowerEnvelope(all);
    return ofNorm.map((run, k) => ({ ...run, score: localOptimality(all[k], envelope) }));
  });
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

/** Runs as JSON tells them: an infinite distance is null. */
export const protocolFigures = (runs: readonly ProtocolRun[]) =>
  runs.map(({ planned: { name, settings }, samples, score }) => ({
    attack: name,
    norm: settings.norm,
    score,
    samples: samples.map(({ image: _, distance, ...sample }) => ({ distance: finite(distance), ...sample })),
  }));

/** A table for each norm, the best attack first. */
export function describeProtocol(runs: readonly ProtocolRun[]): Line[] {
  return groupBy(runs, ({ planned }) => planned.settings.norm).flatMap((ofNorm): Line[] => {
    const { norm } = ofNorm[0].planned.settings;
    const ranked = ofNorm.toSorted((a, b) => (b.score?.optimality ?? 0) - (a.score?.optimality ?? 0));
    const rows = ranked.map(({ planned, samples, score }) => {
      const right = samples.filter(({ label, predictedBefore }) => label === predictedBefore);
      const found = right.map(({ distance }) => distance).filter(Number.isFinite);
      const mean = (of: (sample: ProtocolSample) => number) =>
        right.length === 0
          ? plain.none
          : plain.number(right.reduce((sum, each) => sum + of(each), 0) / right.length, 4);
      return [
        planned.name,
        score === null ? plain.none : plain.fixed(score.optimality, 4),
        `${found.length} of ${right.length}`,
        found.length === 0 ? plain.none : plain.number(median(found), 4),
        mean(({ forwards }) => forwards),
        mean(({ backwards }) => backwards),
      ];
    });
    const heading = [`norm ${norm}`, 'optimality', 'broken', 'median distance', 'forwards', 'backwards'];
    return [new Table([heading, ...rows]), ...notesOf(ofNorm), ''];
  });
}

/** What a reader of a norm's table must know: images that no attack was tried on, and scores that say nothing. */
function notesOf(ofNorm: readonly ProtocolRun[]): string[] {
  const [{ samples, score }] = ofNorm;
  const wrong = samples.filter(({ label, predictedBefore }) => label !== predictedBefore).length;
  return [
    ...(wrong === 0 ? [] : [`${wrong} of ${samples.length} images were wrong before; they lie at distance 0`]),
    ...(score === null
      ? ['no optimality: no attack broke an image within its passes (--passes allows more)']
      : ofNorm.length === 1
        ? ['optimality compares the attack with itself alone; --attack takes several of a norm']
        : []),
  ];
}

/**
 * Writes a file that AttackBench reads for each run into `FOLDER/attackbench`, and tables of scores and of what was found after how many
 * passes.
 */
export async function saveProtocol(
  folder: string,
  runs: readonly ProtocolRun[],
  { images }: Samples,
  {
    data,
    checkpoint,
    passes = ATTACKBENCH_BUDGET,
  }: { readonly data: string; readonly checkpoint: string; readonly passes?: number },
): Promise<void> {
  const [dataset, model] = [data, checkpoint].map((path) => basename(path, extname(path)));
  const files = await Promise.all(
    runs.map(async ({ planned: { name, settings }, samples }) => {
      const pixels = images.length / samples.length;
      const originals = samples.map((_, i) => images.subarray(i * pixels, (i + 1) * pixels));
      const run = { dataset, model, attack: name, norm: settings.norm, budget: passes };
      const figures = await attackBenchFigures(samples, originals);
      const { name: file, text } = attackBenchFile(
        run,
        samples.map((sample, i) => ({ ...sample, ...figures[i] })),
      );
      return [join(folder, 'attackbench', file), text] as const;
    }),
  );
  await writeFilesAtomic(files);
  await writeSheets(folder, { optimality: scoreSheet(runs), passes: passSheet(runs) });
}

function scoreSheet(runs: readonly ProtocolRun[]): Sheet {
  return sheetOf(
    {
      ...({ attack: 'text', norm: 'text', optimality: 'number', area: 'number' } as const),
      ...({ 'envelope.area': 'number', farthest: 'number' } as const),
    },
    runs.map(({ planned: { name, settings }, score }) => ({
      ...{ attack: name, norm: settings.norm, optimality: score?.optimality ?? null, area: score?.area ?? null },
      ...{ 'envelope.area': score?.envelopeArea ?? null, farthest: score?.farthest ?? null },
    })),
  );
}

/** The best distance of every sample after so many passes: a row for each time that it fell. */
function passSheet(runs: readonly ProtocolRun[]): Sheet {
  return sheetOf(
    { attack: 'text', norm: 'text', sample: 'whole', passes: 'whole', distance: 'number' },
    runs.flatMap(({ planned: { name, settings }, samples }) =>
      samples.flatMap(({ trace }, sample) =>
        trace.map(({ passes, distance }) => ({ attack: name, norm: settings.norm, sample, passes, distance })),
      ),
    ),
  );
}
