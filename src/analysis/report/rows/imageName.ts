import type { AttackResult } from '../../study/index.ts';

/**
 * The name of an attacked image: samples with one name are one image, whatever was attacked, and are no independent draws. Where a trial
 * tells which image each sample is, it is the same image under every seed that chose it. Of trials of earlier versions it is only known
 * that sample 7 is the same image for every model, defence, attack and strength of a seed.
 * @param dataset names the data set with its split
 */
export function imageName(dataset: string, seed: number, { images }: AttackResult, sample: number): string {
  const image = images?.[sample];
  return image === undefined ? `${dataset}:${seed}:${sample}` : `${dataset}:${image}`;
}
