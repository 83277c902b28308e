import type { AttackNorm } from '../attacks/defineAttack.ts';
import type { ProtocolSample } from './attackBench.ts';
import { elementDistance } from './passWatch.ts';

/** What a run is of, as AttackBench names it. */
export interface AttackBenchRun {
  readonly dataset: string;
  readonly model: string;
  readonly attack: string;
  readonly norm: AttackNorm;
  readonly budget: number;
}

/** Norms as AttackBench names them. */
export type ThreatModel = 'l0' | 'l1' | 'l2' | 'linf';

export const THREAT_MODELS: Readonly<Record<AttackNorm, ThreatModel>> = {
  '0': 'l0',
  '1': 'l1',
  '2': 'l2',
  inf: 'linf',
};

/** Stands for infinity in JSON until it is written as Python reads it. */
const INFINITY = '\u0000infinity';

/** What AttackBench keeps of a sample beside its classes. */
export interface AttackBenchFigures {
  /** To the nearest image in the run's own norm, in all norms; 0 where the model was wrong before, null where it was never broken. */
  readonly distances: Readonly<Record<ThreatModel, number>> | null;
  readonly forwards: number;
  readonly backwards: number;
  /** SHA-512 of the original's pixels in binary32, channels first, in hexadecimal digits. */
  readonly hash: string;
}

/** A sample as AttackBench keeps it. */
export type AttackBenchSample = AttackBenchFigures &
  Pick<ProtocolSample, 'label' | 'predictedBefore' | 'predictedAfter'>;

/** The figures of samples, which need their images. @param originals the images before the attack, in the order of the samples */
export function attackBenchFigures(
  samples: readonly ProtocolSample[],
  originals: readonly Float32Array[],
): Promise<AttackBenchFigures[]> {
  return Promise.all(
    samples.map(async ({ distance, image, forwards, backwards }, i) => {
      const far = (norm: AttackNorm) => (distance === 0 ? 0 : elementDistance(originals[i], image, norm));
      const distances = { l0: far('0'), l1: far('1'), l2: far('2'), linf: far('inf') };
      return {
        distances: Number.isFinite(distance) ? distances : null,
        ...{ forwards, backwards, hash: await sha512(originals[i]) },
      };
    }),
  );
}

/**
 * A run as a file that AttackBench reads (`attackbench.metrics.load_precompiled_distances` of attackbenchlib 2.0.2), with the name that it
 * gives such files. Infinite distances are written `Infinity`, as Python's JSON has them.
 */
export function attackBenchFile(
  { dataset, model, attack, norm, budget }: AttackBenchRun,
  samples: readonly AttackBenchSample[],
): { readonly name: string; readonly text: string } {
  const threatModel = THREAT_MODELS[norm];
  const distances = Object.fromEntries(
    Object.values(THREAT_MODELS).map((name) => [name, samples.map((sample) => sample.distances?.[name] ?? Infinity)]),
  );
  const isWrongBefore = samples.map(({ label, predictedBefore }) => predictedBefore !== label);
  const isBroken = samples.map((sample) => sample.distances !== null);
  const shared = { dataset, model_name: model, attack_name: attack, attack_lib: 'outlast', threat_model: threatModel };
  const results = {
    distances,
    final_distances: distances,
    adv_success: isBroken,
    ori_success: isWrongBefore,
    correct: isWrongBefore.map((isWrong) => !isWrong),
    hashes: samples.map(({ hash }) => hash),
    original_predictions: samples.map(({ predictedBefore }) => predictedBefore),
    adversarial_predictions: samples.map(({ predictedAfter }) => predictedAfter),
    num_forwards: samples.map(({ forwards }) => forwards),
    num_backwards: samples.map(({ backwards }) => backwards),
    times: [],
    box_failures: samples.map(() => false),
    batch_failures: [false],
    targeted: false,
    query_budget: budget,
    threat_model: threatModel,
    metadata: {
      ...shared,
      n_samples: samples.length,
      query_budget: budget,
      protocol_version: 2,
      distance_semantics: 'best_observed',
      source: 'outlast',
    },
    ASR: share(isBroken),
    accuracy: 1 - share(isWrongBefore),
  };
  const text = JSON.stringify(results, (_, value) => (value === Infinity ? INFINITY : value), 2);
  return {
    name: `${[dataset, threatModel, model, attack, 'outlast', samples.length].join('-')}.json`,
    text: `${text.replaceAll(JSON.stringify(INFINITY), 'Infinity')}\n`,
  };
}

const share = (flags: readonly boolean[]): number => flags.filter(Boolean).length / flags.length;

/** The SHA-512 of an image's bytes, in hexadecimal digits. */
async function sha512(image: Float32Array): Promise<string> {
  const digest = new Uint8Array(await globalThis.crypto.subtle.digest('SHA-512', Float32Array.from(image)));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
