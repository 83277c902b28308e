import { readFileSync } from 'node:fs';
import type { AttackOutcome } from '../../src/analysis/robustness/attacks/run/attack.ts';
import type { Device } from '../../src/engine/device/device.ts';
import { readCheckpoint } from '../../src/models/checkpoint/file.node.ts';
import { readSamples, type TrainedNetwork, useNetworks } from './attackReference.ts';

const folder = 'test/fixtures/attacks';

interface Found {
  readonly attacked: readonly number[];
  readonly distances: Readonly<Record<string, readonly (number | null)[]>>;
}

type File = { readonly steps: number; readonly few: number } & Readonly<Record<TrainedNetwork, Found>>;

/** What adv-lib 0.2.8 found on PyTorch 2.15.0: test/fixtures/attacks/minimum.py. */
const file: File = JSON.parse(readFileSync(`${folder}/minimum.json`, 'utf8'));

/** Steps of the attacks whose distances minimum.py wrote, and of those whose images it wrote. */
export const { steps: STEPS, few: FEW } = file;

/** The networks of train.ts, opened once, the first samples that they classify rightly, and what adv-lib found for these. */
export function useMinimum(device: () => Device) {
  const open = useNetworks(device);
  return async (network: TrainedNetwork, count: number) => {
    const { attacked, distances } = file[network];
    const stored = await readCheckpoint(`${folder}/minimum.safetensors`);
    return {
      classifier: await open(network),
      samples: await readSamples(attacked.slice(0, count)),
      /** Distances that adv-lib found in STEPS steps; null where it found nothing. */
      distances: (attack: string) => distances[attack].slice(0, count),
      /** Where FEW steps in float64 lead the first samples of the robust network. */
      images: (attack: string) => stored.tensors.get(attack)?.data as Float32Array,
    };
  };
}

/** Quartiles of the distances, where an image without success is farther than all others. */
export function quartiles(distances: readonly (number | null)[]): readonly number[] {
  const sorted = distances.map((distance) => distance ?? Number.POSITIVE_INFINITY).sort((a, b) => a - b);
  return [0.25, 0.5, 0.75].map((share) => sorted[Math.floor(share * (sorted.length - 1))]);
}

/** Distances of an attack's successes, null for the other samples. */
export const foundBy = ({ records }: AttackOutcome, norm: 'l0' | 'l1' | 'l2' | 'linf'): (number | null)[] =>
  records.map(({ success, distances }) => (success ? distances[norm] : null));
