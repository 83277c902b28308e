import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parseStudy } from '../../../../src/analysis/study/file/parse.ts';
import { readStudy } from '../../../../src/analysis/study/file/read.node.ts';
import { planTrials } from '../../../../src/analysis/study/run/run.ts';
import { describeTrial, labelsOf } from '../../../../src/analysis/study/trial/label.ts';
import { InputError } from '../../../../src/base/errors.ts';
import { floatTensor, node, onnxFile } from '../../../support/onnxModel.ts';

const folder = mkdtempSync(join(tmpdir(), 'outlast-stored-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** SHA-256 of `abc` (FIPS 180-4, appendix B.1 of FIPS 180-2). */
const ABC = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';

const textOf = (models: string, more = '') => `name: stored
data: { name: mnist, train: 100, test: 100 }
models: ${models}
training: { epochs: [1, 2], batch_size: 10, learning_rate: 0.1 }
defences: [{ name: none }, { name: label-smoothing, alpha: 0.1 }, { name: feature-squeezing, bit_depth: 4 }]
attacks: [{ name: fgm, eps: 0.1 }]
samples: 10
control: false
${more}`;

const parse = (models: string, more?: string) => parseStudy(textOf(models, more), 's.yaml', () => ABC).study;

test('a list crosses families and files with everything else; a file meets no training, and no defence of the training alone', async () => {
  const study = parse(`
  - { depth: 18, width: 4 }
  - { family: vgg, depth: [11, 16], stem: cifar }
  - { checkpoint: models/wrn.safetensors, precision: [f32, f16] }
  - { onnx: models/net.onnx, range: 0..255, order: bgr, layout: nhwc }
  - { onnx: models/net.onnx, normalisation: { mean: [0.1], std: [0.3] } }`);
  const families = ['resnet', 'vgg', 'vgg', 'checkpoint', 'checkpoint', 'onnx', 'onnx'];
  expect(study.models.map(({ family }) => family)).toEqual(families);
  const trials = (await planTrials(study)).map(({ trial }) => trial);
  const labels = labelsOf(study);
  const trained = trials.filter(({ kind }) => kind === 'train');
  // Three networks, two trainings, with and without smoothed labels; two precisions of one file, two readings of another.
  expect(trained).toHaveLength(3 * 2 * 2 + 4);
  expect(trials.filter((trial) => trial.kind === 'attack')).toHaveLength(3 * 2 * 3 + 4 * 2);
  const read = trained.filter((trial) => trial.kind === 'train' && trial.training === null);
  expect(read.map((trial) => describeTrial(trial, labels))).toEqual([
    'read wrn, f32',
    'read wrn, f16',
    'read net, 0..255, bgr, nhwc, no normalisation',
    'read net, 0..1, rgb, layout of the file, mean 0.1, std 0.3',
  ]);
  // What cannot be read ends a run before it trains.
  expect(trials.slice(0, 4)).toEqual(read);
});

test('a study of files alone needs no training, and its trials are those of one that has some', async () => {
  const models = '[{ checkpoint: a }, { onnx: b }]';
  const without = (text: string) => text.replace(/^training: .*\n/m, '');
  const parseWithout = (text: string) => parseStudy(without(text), 's.yaml', () => ABC).study;
  const study = parseWithout(textOf(models));
  const idsOf = async (given: typeof study) => (await planTrials(given)).map(({ id }) => id);
  expect(await idsOf(study)).toEqual(await idsOf(parse(models)));
  expect(labelsOf(study).model(study.models[0])).toBe('a');
  expect(() => parseWithout(textOf('[{ depth: 18, width: 4 }, { onnx: b }]'))).toThrow(
    'training: is missing; give a map of keys',
  );
  expect(() => parseWithout(textOf(models, 'includes: [{ training: { epochs: 3 } }]'))).toThrow(
    'includes[0].training: changes a training, and the study has none',
  );
});

test.each(['checkpoint', 'onnx'])(
  'a trial of %s is known by what is in the file, not by where it lies or what its training cost',
  async (kind) => {
    const idsOf = async (models: string) => (await planTrials(parse(models))).map(({ id }) => id);
    const ids = await idsOf(`{ ${kind}: a }`);
    expect(await idsOf(`{ ${kind}: b/c, training: { seconds: 3600, samples: 50000 } }`)).toEqual(ids);
    expect(await idsOf(`{ ${kind}: a, sha256: ${ABC.replace('b', '0')} }`)).not.toEqual(ids);
    expect(await idsOf(`{ ${kind}: a, normalisation: { mean: [0.1], std: [0.3] } }`)).not.toEqual(ids);
    if (kind === 'onnx') expect(await idsOf('{ onnx: a, order: bgr }')).not.toEqual(ids);
  },
);

test('the digest is found when a study is read from a file, and is part of what is kept', async () => {
  const [file, study] = [join(folder, 'abc.safetensors'), join(folder, 'study.yaml')];
  writeFileSync(file, 'abc');
  writeFileSync(study, textOf(`{ checkpoint: ${file} }`));
  const { study: read, document } = await readStudy(study);
  expect(read.models).toEqual([{ family: 'checkpoint', file, sha256: ABC, precision: 'f32' }]);
  expect(document).toMatchObject({ models: { checkpoint: file, sha256: ABC } });
  rmSync(file);
  await expect(readStudy(study)).rejects.toThrow(
    new InputError(`${study}: models: cannot read ${file}: no such file or folder`),
  );
  // What is kept needs the file no more.
  writeFileSync(study, JSON.stringify(document));
  expect((await readStudy(study)).study.models).toEqual(read.models);
});

test('the digest of an ONNX file is that of its bytes, followed by those of the files that its data lie in', async () => {
  const study = join(folder, 'onnx.yaml');
  const file = join(folder, 'net.onnx');
  writeFileSync(study, textOf(`{ onnx: ${file} }`));
  const digestIn = async () => (await readStudy(study)).study.models.map((model) => 'sha256' in model && model.sha256);
  const sha256 = (...names: string[]) => {
    const bytes = names.map((name) => readFileSync(join(folder, name)));
    return createHash('sha256').update(Buffer.concat(bytes)).digest('hex');
  };
  const nodes = [node('Add', ['x', 'w'], ['y'])];
  writeFileSync(file, onnxFile({ nodes, initialisers: [floatTensor('w', [1], [2])], inputs: { x: [1] } }));
  expect(await digestIn()).toEqual([sha256('net.onnx')]);
  const beside = { ...{ name: 'w', dims: [1], dataType: 1, dataLocation: 1 }, externalData: [] };
  const withData = (entry: object) => onnxFile({ nodes, initialisers: [{ ...beside, ...entry }], inputs: { x: [1] } });
  writeFileSync(file, withData({ externalData: [{ key: 'location', value: 'net.data' }] }));
  writeFileSync(join(folder, 'net.data'), Float32Array.of(2));
  const before = await digestIn();
  expect(before).toEqual([sha256('net.onnx', 'net.data')]);
  writeFileSync(join(folder, 'net.data'), Float32Array.of(3));
  expect(await digestIn()).not.toEqual(before);
  rmSync(join(folder, 'net.data'));
  await expect(readStudy(study)).rejects.toThrow(
    new InputError(`${study}: models: cannot read ${join(folder, 'net.data')}: no such file or folder`),
  );
  writeFileSync(file, 'no network');
  await expect(readStudy(study)).rejects.toThrow(`${study}: models: ${file}: not a model of ONNX, or truncated`);
});

describe('what is wrong is told in a line', () => {
  test.each([
    ['[{ checkpoint: a, depth: 18 }]', /^s\.yaml:3:27: models\[0\]: unknown key 'depth'/],
    ['{ checkpoint: a, sha256: 12 }', /^s\.yaml:3:\d+: models\.sha256: expected text, found 12/],
    [
      '{ checkpoint: a, sha256: "12" }',
      /^s\.yaml:3:\d+: models\.sha256: is no SHA-256; it must be 64 hexadecimal digits/,
    ],
    [
      '{ checkpoint: a, training: { seconds: 0, samples: 5 } }',
      /models\.training\.seconds: 0 is too small; it must be above 0/,
    ],
    ['{ onnx: a, checkpoint: b }', /models: unknown key 'onnx'/],
    ['{ onnx: a, order: gbr }', /models\.order: "gbr" is not known here; .*Known: rgb, bgr/],
    [
      '{ onnx: a, normalisation: { mean: [0.1, 0.2], std: [1] } }',
      /models\.normalisation: mean and std must have a number for each channel/,
    ],
    ['{ checkpoint: a, training: { seconds: 1 } }', /models\.training\.samples: is missing/],
    [
      '[{ family: wgg, depth: 11 }]',
      /models\[0\]\.family: "wgg" is not known here; did you mean 'vgg'\? Known: resnet, /,
    ],
    ['[{ family: vgg, depth: 18 }]', /models\[0\]\.depth: 18 is not known here; Known: 11, 13, 16, 19/],
    ['[{ depth: 18 }, { depth: 18 }]', /models\[1\]: .* is listed twice/],
  ])('%s', (models, message) => {
    expect(() => parse(models)).toThrow(message);
  });

  test('changes of the models of one family need a study of one family', () => {
    const include = 'includes: [{ models: { depth: 34 } }]\n';
    expect(parse('{ depth: 18 }', include).models.map((each) => 'depth' in each && each.depth)).toEqual([18, 34]);
    expect(() => parse('[{ depth: 18 }, { checkpoint: a }]', include)).toThrow(
      /includes\[0\]\.models: the study's models are not axes of one family; name the family of these, or list them/,
    );
    expect(() => parse('{ family: wide-resnet, depth: 16 }', include.replace('34', '18'))).toThrow(
      /includes\[0\]\.models\.depth: 18 is not known here; Known: 10, 16, 22/,
    );
    const whole = parse('{ checkpoint: a }', 'includes: [{ models: { family: mlp } }]\n').models;
    expect(whole.map(({ family }) => family)).toEqual(['checkpoint', 'mlp']);
  });

  test('an exclude may name a family; a value that no family has is refused', () => {
    const models = '[{ depth: 18 }, { family: vgg, depth: 16 }]';
    const left = parse(models, 'excludes: [{ models: { family: vgg } }]\n');
    expect(left.excludes).toEqual([{ model: { family: ['vgg'] } }]);
    expect(() => parse(models, 'excludes: [{ models: { depth: 17 } }]\n')).toThrow(
      /excludes\[0\]\.models\.depth: 17 is not known here; it must be 18, 34, 50, 101 or 152 \(resnet and preact-resnet\), or /,
    );
  });
});
