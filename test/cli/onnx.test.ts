import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runProgram } from '../../src/cli/program/program.ts';
import { openDevice } from '../../src/engine/open.node.ts';
import { readCheckpoint } from '../../src/models/checkpoint/file.node.ts';
import { collectTerminal } from '../support/collectTerminal.ts';
import { floatTensor, node, onnxFile } from '../support/onnxModel.ts';

/**
 * A network whose answers are arithmetic: the logits are ±10 · (mean pixel − 0.5), so that an image of one grey level v is of the class
 * `bright` where v > 0.5, and a step of eps against the gradient's sign makes v − eps of it (`dark` the other way round).
 */
const LEVELS = { bright: [0.6, 0.7, 0.8, 0.9], dark: [0.1, 0.2, 0.3, 0.45] };
const SIDE = 6;

let scratch: string;
const at = (name: string) => join(scratch, name);

const network = (scale: number, end: readonly string[] = []) => {
  const weights = Array.from({ length: 2 * SIDE * SIDE }, (_, i) => (i < SIDE * SIDE ? scale : -scale) / SIDE ** 2);
  const names = ['logits', ...end.map((_, i) => `end${i}`)];
  return onnxFile({
    inputs: { x: ['N', 1, SIDE, SIDE] },
    outputs: names.slice(-1),
    initialisers: [floatTensor('weight', [2, SIDE * SIDE], weights), floatTensor('bias', [2], [-scale / 2, scale / 2])],
    nodes: [
      node('Flatten', ['x'], ['flat']),
      node('Gemm', ['flat', 'weight', 'bias'], ['logits'], { transB: 1 }),
      ...end.map((opType, i) => node(opType, [names[i]], [names[i + 1]])),
    ],
  });
};

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'outlast-onnx-'));
  for (const [name, levels] of Object.entries(LEVELS)) {
    await mkdir(at(`images/test/${name}`), { recursive: true });
    await mkdir(at(`images/train/${name}`), { recursive: true });
    for (const [i, level] of levels.entries()) {
      const data = new Uint8Array(SIDE * SIDE).fill(Math.round(255 * level));
      const png = encode({ width: SIDE, height: SIDE, channels: 1, data });
      await writeFile(at(`images/test/${name}/${i}.png`), png);
      await writeFile(at(`images/train/${name}/${i}.png`), png);
    }
  }
  await writeFile(at('grey.onnx'), network(10));
  await writeFile(at('softmax.onnx'), network(10, ['Softmax']));
  await writeFile(at('sigmoid.onnx'), network(10, ['Sigmoid', 'Identity']));
  await writeFile(at('bytes.onnx'), network(10 / 255));
  await writeFile(at('further.onnx'), network(10, ['Abs']));
});
afterAll(() => rm(scratch, { recursive: true }));

async function outlast(...words: string[]) {
  const { terminal, texts } = collectTerminal();
  const code = await runProgram(words, {
    terminal,
    openDevice,
    openMachine: () => Promise.reject(new Error('no study is run')),
  });
  return { code, ...texts };
}

const figures = async (...words: string[]) => {
  const { code, stdout, stderr } = await outlast(...words, '--json');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
};

test('evaluate: accuracy and cross-entropy of the test images', async () => {
  const found = await figures('evaluate', at('grey.onnx'), '--data', at('images'));
  // The mean of ln(1 + e^(-20 |v - 0.5|)) over grey levels of whole bytes.
  const margins = Object.values(LEVELS)
    .flat()
    .map((level) => 20 * Math.abs(Math.round(255 * level) / 255 - 0.5));
  const loss = margins.reduce((sum, margin) => sum + Math.log1p(Math.exp(-margin)), 0) / margins.length;
  expect(found).toMatchObject({
    images: 8,
    accuracy: 1,
    confusion: [
      [4, 0],
      [0, 4],
    ],
    classNames: ['bright', 'dark'],
  });
  // Logits of a few units in f32, from a mean over 36 pixels.
  expect(found.loss).toBeCloseTo(loss, 5);
  expect(found.warnings).toEqual([expect.stringContaining('tells no normalisation')]);
});

test('attack: what a step of a known length breaks, and no more', async () => {
  const words = ['--data', at('images'), '--attack', 'fgm', '--eps', '0.25', '--samples', '8'];
  const found = await figures('attack', at('grey.onnx'), ...words);
  const crossed = (level: number) => Math.abs(Math.round(255 * level) / 255 - 0.5) < 0.25;
  const broken = Object.values(LEVELS).flat().filter(crossed).length;
  expect(found.cleanAccuracy).toBe(1);
  expect(found.robustAccuracy).toBe(1 - broken / 8);
});

test.each(['softmax', 'sigmoid'])('a %s at the end is left out, and said', async (squashing) => {
  const words = ['--data', at('images'), '--attack', 'pgd', '--eps', '0.1', '--samples', '8'];
  const [plain, probabilities] = [
    await figures('attack', at('grey.onnx'), ...words),
    await figures('attack', at(`${squashing}.onnx`), ...words),
  ];
  expect(probabilities.robustAccuracy).toBe(plain.robustAccuracy);
  expect(probabilities.warnings[0]).toContain(`ends in a ${squashing}, whose gradients starve`);
});

test('--output: the value of the graph that holds the logits, in files that are written as well', async () => {
  const words = ['--data', at('images'), '--output', 'logits'];
  // The file's own output is the absolute value of the logits: two equal ones, which say nothing.
  expect((await figures('evaluate', at('further.onnx'), '--data', at('images'))).accuracy).toBe(0.5);
  expect((await figures('evaluate', at('further.onnx'), ...words)).accuracy).toBe(1);
  const training = ['--batch', '8', '--epochs', '1', '--learning-rate', '1e-6'];
  for (const written of [
    ['export', at('further.onnx'), '--output', 'logits', '--onnx', at('logits.onnx')],
    ['train', '--from', at('further.onnx'), ...words, ...training, '--out', at('trained')],
  ])
    expect(await outlast(...written)).toMatchObject({ code: 0 });
  for (const written of ['logits.onnx', 'trained/model.onnx'])
    expect((await figures('evaluate', at(written), '--data', at('images'))).accuracy).toBe(1);
  expect(await outlast('evaluate', at('trained/model.onnx'), ...words)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('leave out output'),
  });
  expect(await outlast('evaluate', at('grey.onnx'), '--data', at('images'), '--output', 'none')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('nothing gives the output "none"'),
  });
});

test('--range 0..255: pixels as the network takes them', async () => {
  const words = ['evaluate', at('bytes.onnx'), '--data', at('images'), '--range', '0..255'];
  // Its bias is for a mean of a half: with means up to 255 everything is bright, and less 127.5 all are on their side.
  expect((await figures(...words)).accuracy).toBe(0.5);
  expect((await figures(...words, '--mean', '127.5', '--std', '1')).accuracy).toBe(1);
});

test('an attack on the ONNX file of a checkpoint gives the bits of an attack on the checkpoint', async () => {
  const checkpoint = 'test/fixtures/attacks/resnet.safetensors';
  expect((await outlast('export', checkpoint, '--onnx', at('exported.onnx'), '--size', '28')).code).toBe(0);
  const adversarial = async (file: string, folder: string) => {
    await figures('attack', file, '--attack', 'pgd', '--eps', '0.2', '--samples', '10', '--save', at(folder));
    const { tensors } = await readCheckpoint(at(`${folder}/adversarial.safetensors`));
    return ['clean', 'adversarial'].map((name) => tensors.get(name)?.data as Float32Array);
  };
  const [clean, own] = await adversarial(checkpoint, 'own');
  const [, exported] = await adversarial(at('exported.onnx'), 'exported');
  expect(own).not.toEqual(clean);
  expect(exported).toEqual(own);
});

test('summary and profile: the network of a file, with the images that it takes', async () => {
  const summary = await figures('summary', at('grey.onnx'), '--batch', '4');
  expect(summary).toMatchObject({ image: [1, SIDE, SIDE], batch: 4, parameters: 2 * SIDE * SIDE + 2, statistics: 0 });
  const f64 = await figures('summary', at('grey.onnx'), '--precision', 'f64');
  expect(Object.keys(f64.precisions)).toEqual(['f64']);
  const { code, stdout } = await outlast('profile', at('grey.onnx'), '--step', 'infer', '--batch', '4');
  expect(code).toBe(0);
  expect(stdout).toContain(`${at('grey.onnx')}, batch 4, infer, on `);
});

test.each([
  [['summary', 'a.onnx', '--width', '8'], 'summary: --width is for models of a family; a.onnx says all of its network'],
  [['evaluate'], 'evaluate: no network is named; give a file of ONNX'],
  [['attack', 'a.onnx', '--checkpoint', 'b'], 'attack: a.onnx and --checkpoint b both name a network; leave one out'],
  [['evaluate', 'nowhere.onnx'], 'nowhere.onnx'],
])('%j is refused', async (words, message) => {
  const { code, stderr } = await outlast(...words);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});

test('images of another size are refused in a line that says both sizes', async () => {
  const png = encode({ width: 4, height: 4, channels: 1, data: new Uint8Array(16) });
  for (const part of ['test', 'train'])
    for (const name of Object.keys(LEVELS)) {
      await mkdir(at(`small/${part}/${name}`), { recursive: true });
      await writeFile(at(`small/${part}/${name}/0.png`), png);
    }
  const { code, stderr } = await outlast('evaluate', at('grey.onnx'), '--data', at('small'));
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: `outlast: ${at('grey.onnx')}: takes images of 6 x 6 pixels; those of ${at('small')} have 4 x 4 (--resize and --crop change the size of a folder's images)\n`,
  });
});
