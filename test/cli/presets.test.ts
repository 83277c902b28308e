import { readdirSync } from 'node:fs';
import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { readStudy } from '../../src/analysis/study/file/read.node.ts';
import type { Study } from '../../src/analysis/study/file/schema.ts';
import { expand } from '../../src/analysis/study/trial/expand.ts';
import { runProgram } from '../../src/cli/program/program.ts';
import { resnetOf } from '../support/resnetOf.ts';

const presets = readdirSync('studies').filter((file) => file.endsWith('.yaml'));

async function dryRun(file: string): Promise<string[]> {
  const chunks: string[] = [];
  const stdout = new Writable({
    write: (chunk, _, done) => {
      chunks.push(String(chunk));
      done();
    },
  });
  const refused = () => Promise.reject(new Error('a dry run opens nothing'));
  const around = { terminal: { stdout, stderr: process.stderr }, openDevice: refused, openMachine: refused };
  const words = ['study', 'run', `studies/${file}`, '--dry-run', '--out', 'node_modules/.no-run/none'];
  expect(await runProgram(words, around)).toBe(0);
  return chunks.join('').trim().split('\n');
}

test('the presets', () => {
  expect(presets).toEqual([
    'depth.yaml',
    'noise.yaml',
    'paper-small.yaml',
    'paper.yaml',
    'precision.yaml',
    'quickstart.yaml',
  ]);
});

test.each([
  // Attacks of one radius share a control: 4 of each target, and one for threshold's grey levels.
  // 5 depths x 3 seeds, each with 2 x 4 + 1 attacks.
  ['depth.yaml', 15, 135, 15 * 4],
  // 2 depths x 2 seeds x 13 defences, 7 of them with a training of their own, with 2 x 4 + 1 attacks.
  ['noise.yaml', 28, 468, 2 * 2 * 13 * 4],
  // 3 data sets x control and augmentation + 2 x 4 depths + 4 precisions; (3 x 5 defences + 2 x 4 depths + 2) x 13 + 2 x 9.
  ['paper-small.yaml', 18, 343, (3 * 5 + 2 * 4 + 2) * 5 + 2 * 4],
  // 2 depths x 5 precisions x 2 seeds, each with 2 x 4 + 1 attacks.
  ['precision.yaml', 20, 180, 20 * 4],
  ['quickstart.yaml', 4, 48, 2 * 3 * 4],
])('%s: %i trainings, %i attacks and %i controls', async (file, trainings, attacks, controls) => {
  const lines = await dryRun(file);
  expect(lines).toHaveLength(trainings + attacks + controls + 2);
  expect(lines.at(-1)).toMatch(
    new RegExp(
      `^${trainings} trainings, ${attacks} attacks and ${controls} controls to compute: about [0-9.]+ (s|min|h|days) `,
    ),
  );
});

test('paper.yaml is the whole grid of the paper', async () => {
  const { study } = await readStudy('studies/paper.yaml');
  // Control, noise on the data and on the output 6 each, confidence 5, bits 6; 3 norms x 9 eps of two attacks, 3 and 4 settings, 2 x 5 th.
  expect([study.defences.length, study.grids[0].attacks.length]).toEqual([24, 71]);
  expect([study.seeds.length, study.data.length, study.models.length]).toEqual([10, 3, 25]);
  const oneSeed = (given: Study): Study => ({
    ...given,
    grids: given.grids.map((grid) => ({
      ...grid,
      seeds: [0],
      data: grid.data.slice(0, 1),
    })) as unknown as Study['grids'],
  });
  // 5 depths x (7 trainings + 4 more numbers of epochs + 7 more rates + 4 more precisions).
  const trials = expand(oneSeed(study));
  expect(trials.filter(({ kind }) => kind === 'train')).toHaveLength(5 * (7 + 4 + 7 + 4));
  expect(trials.filter(({ kind }) => kind === 'attack')).toHaveLength(
    5 * (24 * 71 + 11 * 71 + 4 * (2 * 9 + 2 + 2 * 5)),
  );
});

test('all attacks, defences, depths, precisions and data sets are in paper-small.yaml', async () => {
  const { study } = await readStudy('studies/paper-small.yaml');
  expect(new Set(study.models.map((model) => resnetOf(model).depth))).toEqual(new Set([18, 34, 50, 101, 152]));
  expect(new Set(study.models.map(({ precision }) => precision))).toEqual(
    new Set(['f8', 'f16', 'f32', 'f32x2', 'f64']),
  );
  expect([study.data.length, study.defences.length]).toEqual([3, 5]);
  expect(new Set(study.attacks.map(({ name }) => name)).size).toBe(6);
});
