import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseStudy } from '../../src/analysis/study/file/parse.ts';
import { readTrial } from '../../src/analysis/study/store/record.node.ts';
import { fakeTrials } from '../support/fakeTrials.ts';
import type { FuzzTarget } from '../support/fuzz/target.ts';

const folder = mkdtempSync(join(tmpdir(), 'outlast-fuzz-record-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const { study } = parseStudy(
  `name: kept
data: { name: mnist, train: 60, test: 30 }
models: { depth: 18, width: 4 }
training: { epochs: 2, batch_size: 20, learning_rate: 0.05 }
control: false
attacks: [{ name: pgd, eps: 0.1, max_iter: 5 }]
samples: 10
`,
  'kept.yaml',
);

const trials = await fakeTrials(study);

/** Records of a training and of an attack, without the digest that would refuse all of them at once. */
export const record: FuzzTarget = {
  seeds: async () => {
    for (const { id } of trials) mkdirSync(join(folder, id), { recursive: true });
    return trials.map((finished) => new TextEncoder().encode(JSON.stringify(finished)));
  },
  read: (bytes) => {
    const { id, trial } = new TextDecoder().decode(bytes).includes('"trainSeconds"') ? trials[0] : trials[1];
    writeFileSync(join(folder, id, 'trial.json'), bytes);
    return readTrial(join(folder, id), id, trial);
  },
  words: ['null', '-1', '1e400', '"records":', '"__proto__":', '[]', '{}', 'true'],
};
