import { readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runProgram } from '../../../src/cli/program/program.ts';
import { compile, spec } from '../../../src/engine/index.ts';
import { openDevice } from '../../../src/engine/open.node.ts';
import { decode } from '../../../src/models/onnx/format/message.ts';
import { modelProto } from '../../../src/models/onnx/format/schema.ts';
import { loadOnnx } from '../../../src/models/onnx/network/loadOnnx.ts';
import { useDevice } from '../../support/checkOp.ts';
import { collectTerminal } from '../../support/collectTerminal.ts';
import { floatTensor, node, onnxFile } from '../../support/onnxModel.ts';
import { values } from '../../support/values.ts';

/** The training of test/fixtures/onnx/fineTuning.py, whose eight images are one batch, from the command line. */

const FILE = 'test/fixtures/onnx/fineTuning.onnx';
const { settings, losses, logits } = JSON.parse(readFileSync('test/fixtures/onnx/fineTuning.json', 'utf8'));
const COUNT = 8;
const { images: shape, classes } = loadOnnx(new Uint8Array(readFileSync(FILE)));
const [channels, height, width] = shape;
const plane = height * width;
const bytes = Uint8Array.from(values(COUNT * channels * plane, 3000), (value) => Math.floor((value + 1) * 128));
// Batch norm over eight images of 1 to 16 pixels cancels digits of f32; five steps pass them on.
const CLOSE = 1e-4;

const device = useDevice();
let scratch: string;
const at = (name: string) => join(scratch, name);

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'outlast-from-'));
  for (let i = 0; i < COUNT; i++) {
    const data = Uint8Array.from(
      { length: channels * plane },
      (_, j) => bytes[(i * channels + (j % channels)) * plane + Math.floor(j / channels)],
    );
    for (const part of ['train', 'test']) {
      await mkdir(at(`images/${part}/${i % classes}`), { recursive: true });
      await writeFile(at(`images/${part}/${i % classes}/${i}.png`), encode({ width, height, channels, data }));
    }
  }
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

const options = [
  ...['--batch', String(COUNT), '--epochs', String(losses.length), '--schedule', 'constant'],
  ...['--learning-rate', String(settings.learningRate), '--momentum', String(settings.momentum)],
  ...['--weight-decay', String(settings.weightDecay), '--keep', String(losses.length)],
];

test('training from an ONNX file has PyTorch’s losses, resumes to the same bits and writes a network for inference', async () => {
  const words = ['train', '--from', FILE, '--data', at('images'), ...options];
  const whole = await outlast(...words, '--out', at('whole'));
  expect(whole.stdout).toMatch(/^finished: test\/fixtures\/onnx\/fineTuning\.onnx, learning rate 0\.05\n/);
  const { config, epochs } = JSON.parse(await readFile(at('whole/result.json'), 'utf8'));
  expect(config).toMatchObject({ model: { onnx: FILE, precision: 'f32' }, from: { file: FILE } });
  epochs.forEach(({ loss }: { loss: number }, i: number) => {
    expect(Math.abs(loss / losses[i] - 1)).toBeLessThan(CLOSE);
  });
  expect(epochs).toHaveLength(losses.length);

  const trained = new Uint8Array(await readFile(at('whole/model.onnx')));
  const { model, weights } = loadOnnx(trained);
  const executable = await compile(
    ({ parameters, state, x }) => ({ logits: model.forward(parameters, state, x, { training: false }).logits }),
    { parameters: model.parameters, state: model.state, x: spec([COUNT, ...shape]) },
    { device: device() },
  );
  const actual = await executable.run({ ...weights, x: Float32Array.from(bytes, (byte) => byte / 255) }).logits.read();
  executable.free();
  const largest = Math.max(...logits.map(Math.abs));
  expect(Math.max(...logits.map((value: number, i: number) => Math.abs(actual[i] - value))) / largest).toBeLessThan(
    CLOSE,
  );
  const norms = (file: Uint8Array) =>
    (decode(modelProto, file, 'm').graph?.node ?? []).filter(({ opType }) => opType === 'BatchNormalization');
  const before = norms(new Uint8Array(await readFile(FILE)));
  expect(before.every(({ output }) => output.length > 1)).toBe(true);
  expect(norms(trained)).toHaveLength(before.length);
  for (const { output, attribute } of norms(trained)) {
    expect(output).toHaveLength(1);
    expect(attribute.map(({ name }) => name)).not.toContain('training_mode');
  }

  await mkdir(at('part'));
  for (const name of await readdir(at('whole')))
    if (/^(network\.onnx|checkpoint-0000000[12]\..*)$/.test(name)) await cp(at(`whole/${name}`), at(`part/${name}`));
  expect(await outlast('train', '--out', at('part'), '--resume')).toMatchObject({ code: 0 });
  expect(new Uint8Array(await readFile(at('part/model.onnx')))).toEqual(trained);
  const checkpoint = at('whole/checkpoint-00000002.safetensors');
  expect(await outlast('evaluate', checkpoint, '--data', at('images'))).toEqual({
    code: 2,
    stdout: '',
    stderr: `outlast: ${checkpoint}: is a training under way of a network from an ONNX file; \`outlast train --resume\` goes on, and ends with model.onnx\n`,
  });
  await writeFile(at('part/network.onnx'), trained);
  const { code, stderr } = await outlast('train', '--out', at('part'), '--resume');
  expect(code).toBe(2);
  expect(stderr).toMatch(
    /part\/network\.onnx: is not the network of .*checkpoint-00000005\.safetensors; its SHA-256 is/,
  );
});

test('what is trained from a checkpoint begins where it ended, in its architecture', async () => {
  // Without momentum and with one batch, three epochs are two and one more, but for the order of the images in the batch.
  const plain = ['--data', at('images'), '--batch', String(COUNT), '--schedule', 'constant', '--momentum', '0'];
  const words = [...plain, '--learning-rate', '0.02'];
  const network = ['--model', 'resnet18', '--width', '2'];
  const results = async (name: string) => JSON.parse(await readFile(at(`${name}/result.json`), 'utf8'));
  for (const epochs of ['2', '3'])
    expect(await outlast('train', ...network, ...words, '--epochs', epochs, '--out', at(epochs))).toMatchObject({
      code: 0,
    });
  const { code, stdout } = await outlast(
    'train',
    '--from',
    at('2/model.safetensors'),
    ...words,
    '--epochs',
    '1',
    '--out',
    at('on'),
  );
  expect(code).toBe(0);
  expect(stdout).toMatch(/^finished: ResNet-18, learning rate 0\.02\n/);
  const [on, three] = await Promise.all(['on', '3'].map(results));
  expect(on.config.model).toEqual(three.config.model);
  // Sums of f32 in another order.
  expect(Math.abs(on.epochs[0].loss / three.epochs[2].loss - 1)).toBeLessThan(1e-5);
  expect(await outlast('evaluate', at('on/model.safetensors'))).toMatchObject({ code: 0, stderr: '' });
});

test('what cannot be trained from is refused in one line, before a folder is made', async () => {
  const quantised = onnxFile({
    inputs: { x: ['N', 1, 28, 28] },
    outputs: ['y'],
    initialisers: [],
    nodes: [
      node('GlobalAveragePool', ['x'], ['a']),
      node('Flatten', ['a'], ['b']),
      node('Concat', Array(10).fill('b'), ['y'], { axis: 1 }),
    ],
  });
  await writeFile(at('bare.onnx'), quantised);
  await writeFile(
    at('nan.onnx'),
    onnxFile({
      inputs: { x: ['N', 1, 28, 28] },
      outputs: ['y'],
      initialisers: [floatTensor('w', [784, 10], Array(7840).fill(Number.NaN))],
      nodes: [node('Flatten', ['x'], ['f']), node('MatMul', ['f', 'w'], ['y'])],
    }),
  );
  const onImages = ['--data', at('images')];
  const cases: [string[], RegExp][] = [
    [['--from', FILE], /fineTuning\.onnx: takes 3 channels and tells 5 classes; mnist has 1 and 10$/],
    [
      ['--from', FILE, ...onImages, '--resize', '9', '--crop', '9'],
      /fineTuning\.onnx: takes images of \d+ x \d+ pixels; those of .*images have 9 x 9 \(--resize/,
    ],
    [
      ['--from', FILE, '--model', 'resnet18'],
      /^outlast: train: --model is for new networks; .*fineTuning\.onnx says all of its network$/,
    ],
    [
      ['--from', FILE, '--width', '8'],
      /^outlast: train: --width is for new networks; .*fineTuning\.onnx says all of its network$/,
    ],
    [
      ['--mean', '0.5', '--std', '0.5'],
      /^outlast: train: --mean says how the network of a file takes images; give --from FILE as well$/,
    ],
    [['--from', at('bare.onnx')], /bare\.onnx: has no weights to train; those of a quantised network are constants/],
    [['--from', at('nan.onnx')], /nan\.onnx: not the weights of a working .*, 1 tensor wrong: w holds NaN/],
    [['--from', 'nowhere.safetensors'], /^outlast: cannot read nowhere\.safetensors: no such file or folder$/],
    [
      ['--from', 'test/fixtures/torchvision/resnet50.safetensors', '--range', '0..255'],
      /resnet50\.safetensors: range 0\.\.255 is for ONNX files/,
    ],
  ];
  for (const [words, message] of cases) {
    const { code, stdout, stderr } = await outlast('train', '--out', at('none'), ...words);
    expect({ words, code, stdout }).toEqual({ words, code: 2, stdout: '' });
    expect(stderr.trimEnd()).toMatch(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  }
  expect(await readdir(scratch)).not.toContain('none');
});
