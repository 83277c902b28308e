import { type AttackNorm, attackBenchFile } from '../robustness/index.ts';
import type { Attacked } from './rows/attacked.ts';

/** What a file's name holds of a label: letters, digits, dots and underscores. */
const inName = (label: string): string => label.replaceAll(/[^A-Za-z0-9._]+/g, '_');

/** A file that attackbenchlib reads, by name, for each trial that AttackBench's protocol ran. */
export function attackBenchFiles(attacked: readonly Attacked[]): Record<string, string> {
  const hasSeeds = new Set(attacked.map(({ condition }) => condition.seed)).size > 1;
  const files = attacked.flatMap(({ attack: { trial, result }, condition }) => {
    if (result.protocol === undefined || trial.protocol === undefined) return [];
    const { dataset, model, defence, attack, norm, seed } = condition;
    const { samples } = result.protocol;
    const { name, text } = attackBenchFile(
      {
        dataset: inName(dataset),
        model: [model, ...(defence === 'none' ? [] : [defence]), ...(hasSeeds ? [`seed ${seed}`] : [])]
          .map(inName)
          .join('_'),
        attack: inName(attack),
        norm: norm as AttackNorm,
        budget: trial.protocol.passes,
      },
      result.records.map(({ label, predictedBefore = label, predictedAfter = label }, i) => ({
        ...{ label, predictedBefore, predictedAfter },
        ...samples[i],
      })),
    );
    return [[name, text] as const];
  });
  return Object.fromEntries(files);
}
