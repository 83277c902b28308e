import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ATTACK_NAMES, attackNamed } from '../../../../src/analysis/robustness/attacks/catalogue.ts';
import { parseStudy } from '../../../../src/analysis/study/file/parse.ts';
import { readStudy } from '../../../../src/analysis/study/file/read.node.ts';
import { InputError } from '../../../../src/base/errors.ts';
import { fakeStudyText } from '../../../support/fakeTrials.ts';

const example = readFileSync('test/fixtures/study.yaml', 'utf8');

/** The message for the example with one piece of text replaced. */
function mistake(from: string, to: string): string {
  const text = example.replace(from, to);
  expect(text).not.toBe(example);
  return messageOf(() => parseStudy(text, 'q.yaml'));
}

function messageOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    const { message } = error as InputError;
    // Several mistakes are a list; no line of it is broken.
    const [first, ...further] = message.split('\n');
    if (further.length === 0) return message;
    expect(first).toBe(`${further.length} mistakes in q.yaml:`);
    return further.map((line) => line.replace(/^ {2}/, '')).join('\n');
  }
  throw new Error('accepted');
}

test('a study in full', () => {
  const { study } = parseStudy(example, 'q.yaml');
  expect(study.models).toEqual([
    { family: 'resnet', depth: 18, width: 16, stem: 'imagenet', precision: 'f32' },
    { family: 'resnet', depth: 34, width: 16, stem: 'imagenet', precision: 'f32' },
  ]);
  expect(study.trainings).toEqual([
    { epochs: 4, batchSize: 64, learningRate: 0.05, schedule: 'constant', momentum: 0.9, weightDecay: 5e-4 },
  ]);
  expect(study.defences).toEqual([
    { name: 'none' },
    { name: 'gaussian-augmentation', sigma: 0.3, ratio: 0.5 },
    { name: 'feature-squeezing', bitDepth: 4 },
  ]);
  expect(study.attacks).toHaveLength(8);
  expect(study.survival).toEqual({ model: 'weibull', clock: 'seconds', encoding: 'sample', horizon: null });
  expect(study.prices).toBeNull();
});

test('only name, data, models, training and attacks are required; the rest has defaults', () => {
  const { study } = parseStudy(
    'name: a\ndata: {name: mnist}\nmodels: {depth: 50}\nattacks: [{name: pgd, eps: 8/255}]\n' +
      'training: {epochs: 1, batch_size: 8, learning_rate: 0.1}\n',
    'a.yaml',
  );
  expect(study.data).toEqual([{ name: 'mnist', train: null, test: null }]);
  expect(study.models).toEqual([{ family: 'resnet', depth: 50, width: 64, stem: 'imagenet', precision: 'f32' }]);
  expect(study.trainings).toMatchObject([{ momentum: 0.9, weightDecay: 0 }]);
  expect([study.grids.length, study.excludes, study.limits]).toEqual([1, [], {}]);
  expect(study.defences).toEqual([{ name: 'none' }]);
  // eps_step defaults to eps/4.
  const eps = 8 / 255;
  expect(study.attacks).toEqual([{ name: 'pgd', norm: 'inf', eps, epsStep: eps / 4, maxIter: 10, numRandomInit: 0 }]);
  expect(study).toMatchObject({ samples: 100, seeds: [0], survival: { model: 'auto', clock: 'flops', horizon: null } });
});

test.each([
  ['{name: mnist}', { name: 'mnist', train: null, test: null }],
  ['{name: cifar10, train: 50000}', { name: 'cifar10', train: 50_000, test: null }],
  [
    '{name: cifar100, split: shuffled, train: 48000, test: 12000}',
    { name: 'cifar100', split: 'shuffled', train: 48_000, test: 12_000 },
  ],
  // A standard split is not mentioned: the identity of its trials is what it was before there were others.
  ['{name: mnist, split: standard}', { name: 'mnist', train: null, test: null }],
  [
    '{name: folder, path: photos, resize: 256, crop: 224}',
    { name: 'folder', path: 'photos', resize: 256, crop: 224, train: null, test: null },
  ],
  ['{name: folder, path: my images, test: 70}', { name: 'folder', path: 'my images', train: null, test: 70 }],
])('data: %s', (data, expected) => {
  const rest =
    'models: {depth: 18}\nattacks: [{name: fgm, eps: 0.1}]\nsamples: 70\ntraining: {epochs: 1, batch_size: 8, learning_rate: 1}';
  expect(parseStudy(`name: a\ndata: ${data}\n${rest}`, 'a.yaml').study.data).toEqual([expected]);
});

test('a batch larger than the data is refused, but where every such cell is left out', () => {
  const of = (excludes: string) =>
    'name: a\ndata: [{name: mnist, train: 5}, {name: cifar10}]\nmodels: {depth: 18}\nattacks: [{name: fgm, eps: 0.1}]\n' +
    `training: {epochs: 1, batch_size: [4, 8], learning_rate: 1}\nexcludes: ${excludes}\n`;
  expect(() => parseStudy(of('[]'), 'a.yaml')).toThrow(
    'training.batch_size: 8 images in a batch, but only 5 to train on',
  );
  const { study } = parseStudy(of('[{data: {name: mnist}, training: {batch_size: 8}}]'), 'a.yaml');
  expect(study.trainings.map(({ batchSize }) => batchSize)).toEqual([4, 8]);
});

test('samples are compared with the test images of a shuffled split', () => {
  const of = (data: string) =>
    `name: a\ndata: ${data}\nmodels: {depth: 18}\nattacks: [{name: fgm, eps: 0.1}]\nsamples: 12010\n` +
    'training: {epochs: 1, batch_size: 8, learning_rate: 1}';
  // 20 % of 60,000 and of 70,000.
  expect(() => parseStudy(of('{name: cifar10, split: shuffled}'), 'a.yaml')).toThrow(
    'a.yaml:5:10: samples: 12010 samples to attack, but only 12000 test images',
  );
  expect(parseStudy(of('{name: mnist, split: shuffled}'), 'a.yaml').study.samples).toBe(12_010);
});

test('what is kept of a study reads back as the same study', () => {
  const { study, document } = parseStudy(example, 'q.yaml');
  expect(parseStudy(JSON.stringify(document), 'study.json').study).toEqual(study);
});

/** The trainings of a study. */
const trainingsOf = (keys: string, more = '') =>
  parseStudy(
    `name: a\ndata: {name: mnist}\nmodels: {depth: 18}\nattacks: [{name: fgm, eps: 0.1}]\n` +
      `training: {epochs: 1, batch_size: 8, learning_rate: 0.1, ${keys}}\n${more}`,
    'a.yaml',
  ).study.trainings;

const plainTraining = { epochs: 1, batchSize: 8, learningRate: 0.1 };

test('a training takes every optimiser, schedule and option; what is left out or has its default is left out of the trial', () => {
  const sgd = { ...plainTraining, schedule: 'constant', momentum: 0.9, weightDecay: 0 };
  expect(trainingsOf('optimiser: sgd, accumulate: 1, augment: none, nesterov: false')).toEqual([sgd]);
  expect(
    trainingsOf(
      'optimiser: adamw, beta1: 0.8, weight_decay: 0.05, schedule: one-cycle, warmup: 0.1, div_factor: 10, augment: crop-flip, ' +
        'padding: 2, clip_norm: 1, accumulate: 4, recompute: blocks, label_smoothing: 0.1, patience: 3',
    ),
  ).toEqual([
    {
      ...plainTraining,
      ...{ optimiser: 'adamw', beta1: 0.8, weightDecay: 0.05, schedule: 'one-cycle', warmup: 0.1, divFactor: 10 },
      ...{ augment: 'crop-flip', padding: 2, clipNorm: 1, accumulate: 4, recompute: 'blocks', labelSmoothing: 0.1 },
      patience: 3,
    },
  ]);
  expect(trainingsOf('optimiser: rmsprop, schedule: step, step_size: 2')).toEqual([
    { ...plainTraining, optimiser: 'rmsprop', schedule: 'step', stepSize: 2 },
  ]);
});

test('every key of a training is an axis; a parameter goes to the trainings that have it', () => {
  expect(trainingsOf('optimiser: [sgd, adam], momentum: 0.5')).toEqual([
    { ...plainTraining, schedule: 'constant', momentum: 0.5, weightDecay: 0 },
    { ...plainTraining, schedule: 'constant', optimiser: 'adam' },
  ]);
  // Both have the optimiser of the study; the second is the include's.
  expect(trainingsOf('optimiser: adam', 'includes: [{ training: { schedule: cosine } }]\n')).toEqual([
    { ...plainTraining, schedule: 'constant', optimiser: 'adam' },
    { ...plainTraining, schedule: 'cosine', optimiser: 'adam' },
  ]);
  // What a training does not say counts as its default.
  const { study } = parseStudy(
    'name: a\ndata: {name: mnist}\nmodels: {depth: 18}\nattacks: [{name: fgm, eps: 0.1}]\nexcludes: [{training: {optimiser: sgd}}]\n' +
      'training: {epochs: 1, batch_size: 8, learning_rate: 0.1, optimiser: [sgd, adam]}\n',
    'a.yaml',
  );
  expect(study.excludes).toHaveLength(1);
});

test.each([
  ['optimiser: adam, nesterov: true', 'a.yaml:5:85: training.nesterov: is not of optimiser adam; it is of sgd'],
  ['step_size: 2', 'a.yaml:5:69: training.step_size: is not of schedule constant; it is of step'],
  ['nesterov: true, momentum: 0', "training.momentum: is 0; it must be above 0 for Nesterov's"],
  ['optimiser: adan', 'training.optimiser: "adan" is not known here; did you mean \'adam\'?'],
  ['beta2: 1', 'training.beta2: 1 is too large; it must be below 1'],
])('a training with %s is refused', (keys, message) => {
  expect(() => trainingsOf(keys)).toThrow(message);
});

test('an include whose training does not belong together is refused at its place', () => {
  expect(() => trainingsOf('momentum: 0.5', 'includes: [{ training: { optimiser: adam } }]\n')).toThrow(
    'a.yaml:6:24: includes[0].training.momentum: is not of optimiser adam; it is of ',
  );
});

test('images held out must leave some to train on', () => {
  const of = (data: string) =>
    `name: a\ndata: ${data}\nmodels: {depth: 18}\nattacks: [{name: fgm, eps: 0.1}]\nsamples: 10\n` +
    'training: {epochs: 1, batch_size: 8, learning_rate: 1, patience: 2}';
  const { study } = parseStudy(of('{name: mnist, train: 100, validation: 20}'), 'a.yaml');
  expect(study.data).toEqual([{ name: 'mnist', train: 100, test: null, validation: 20 }]);
  expect(() => parseStudy(of('{name: mnist, train: 100, validation: 100}'), 'a.yaml')).toThrow(
    'a.yaml:2:45: data.validation: 100 images are held out, but only 100 are to train on',
  );
  expect(() => parseStudy(of('{name: mnist, train: 20, validation: 15}'), 'a.yaml')).toThrow(
    'training.batch_size: 8 images in a batch, but only 5 to train on',
  );
});

/** What a study with one attack stands for. */
const attacksOf = (attack: string) =>
  parseStudy(
    `name: a\ndata: {name: mnist}\nmodels: {depth: 18}\nattacks: [${attack}]\n` +
      'training: {epochs: 1, batch_size: 8, learning_rate: 0.1}\n',
    'a.yaml',
  ).study.attacks;

test.each([
  ['{name: bim, eps: 0.2, eps_step: 0.1}', [{ name: 'bim', eps: 0.2, epsStep: 0.1, maxIter: 10 }]],
  ['{name: mifgsm, norm: 2, eps: 2}', [{ name: 'mifgsm', norm: '2', eps: 2, epsStep: 0.5, maxIter: 10, decay: 1 }]],
  [
    '{name: apgd-t, eps: 0.2, targets: 3}',
    [{ name: 'apgd-t', norm: 'inf', eps: 0.2, maxIter: 100, numRandomInit: 1, targets: 3 }],
  ],
  ['{name: fab, norm: 1}', [{ name: 'fab', norm: '1', maxIter: 100, numRestarts: 1, targets: 0 }]],
  ['{name: square, eps: 0.2}', [{ name: 'square', norm: 'inf', eps: 0.2, maxIter: 5000, pInit: 0.8 }]],
  ['{name: autoattack, eps: 0.2}', [{ name: 'autoattack', norm: 'inf', eps: 0.2, maxIter: 100, squareIter: 5000 }]],
  ['{name: deepfool, nb_grads: 3}', [{ name: 'deepfool', maxIter: 100, epsilon: 1e-6, nbGrads: 3 }]],
  [
    '{name: carlini-l2, confidence: 0.1}',
    [
      {
        name: 'carlini-l2',
        confidence: 0.1,
        learningRate: 0.05,
        maxIter: 100,
        initialConst: 1,
        binarySearchSteps: 5,
      },
    ],
  ],
  [
    '{name: hopskipjump, norm: 2, init_eval: 3, max_eval: 10, init_size: 7, max_iter: 5}',
    [{ name: 'hopskipjump', norm: '2', maxIter: 5, initEval: 3, maxEval: 10, initSize: 7 }],
  ],
  ['{name: pixel, th: [1, 4], es: cma-es}', [1, 4].map((th) => ({ name: 'pixel', th, es: 'cma-es', maxIter: 100 }))],
  ['{name: threshold, th: 16, max_iter: 10}', [{ name: 'threshold', th: 16, es: 'de', maxIter: 10 }]],
])('%s', (text, expected) => {
  // Strictly: an undefined parameter would have no canonical JSON.
  expect(attacksOf(text)).toStrictEqual(expected);
});

test('every defence can be named, with its axis', () => {
  const defences = [
    'spatial-smoothing, window_size: [3, 5]',
    'high-confidence, cutoff: 0.9',
    'gaussian-noise, scale: [0.1, 1]',
  ];
  const text = fakeStudyText.replace(
    /defences:.*attacks:/s,
    `defences: [${defences.map((d) => `{name: ${d}}`)}]\nattacks:`,
  );
  expect(parseStudy(text, 'x').study.defences).toStrictEqual([
    { name: 'spatial-smoothing', windowSize: 3 },
    { name: 'spatial-smoothing', windowSize: 5 },
    { name: 'high-confidence', cutoff: 0.9 },
    { name: 'gaussian-noise', scale: 0.1 },
    { name: 'gaussian-noise', scale: 1 },
  ]);
});

test('every attack can be named in a study', () => {
  for (const name of ATTACK_NAMES) {
    const { strength } = attackNamed(name);
    const given = { eps: ', eps: 0.1', 'optional eps': '', pixels: ', th: 2', 'grey levels': ', th: 2', none: '' }[
      strength
    ];
    expect(attacksOf(`{name: ${name}${given}}`).map((attack) => attack.name)).toEqual([name]);
  }
});

test.each([
  ['name: fgm', 'name: deepfool', "q.yaml:27:5: attacks[0]: unknown key 'norm'; did you mean"],
  [
    '- name: fgm\n    norm: inf',
    '- name: hopskipjump\n    norm: 1',
    'q.yaml:27:11: attacks[0].norm: "1" is not known here;',
  ],
  [
    '- name: fgm\n    norm: inf',
    '- name: bim\n    eps_step: 2',
    'q.yaml:27:15: attacks[0].eps_step: eps_step 2 is out of range',
  ],
  ['samples: 100', 'samples: 100\nbudget: {}', 'q.yaml:34:9: budget: an empty budget; give max_seconds, max_queries'],
  [
    'samples: 100',
    'samples: 100\nbudget: { max_queries: 0.5 }',
    'q.yaml:34:24: budget.max_queries: expected a whole number, found 0.5',
  ],
  ['epochs: 4', 'epoch: 4', "q.yaml:13:3: training: unknown key 'epoch'; did you mean 'epochs'?"],
  ['training:', 'trainin:', "q.yaml:12:1: unknown key 'trainin'; did you mean 'training'?"],
  ['bit_depth: 4', 'bitdepth: 4', "q.yaml:24:5: defences[2]: unknown key 'bitdepth'; did you mean 'bit_depth'?"],
  ['[18, 34]', '[18, 35]', 'q.yaml:9:15: models.depth[1]: 35 is not known here; Known: 18, 34, 50, 101, 152'],
  ['width: 16', 'width: 0', 'q.yaml:10:10: models.width: 0 is too small; it must be at least 1'],
  ['width: 16', 'width: 1.5', 'q.yaml:10:10: models.width: expected a whole number, found 1.5'],
  ['width: 16', 'width: [8, 8]', 'q.yaml:10:14: models.width[1]: 8 is listed twice'],
  ['eps: [0.05, 0.1', 'eps: [0.05, 1.5', 'q.yaml:28:17: attacks[0].eps[1]: eps 1.5 is out of range'],
  ['eps: [0.05, 0.1', 'eps: [-0.05, 0.1', 'q.yaml:28:11: attacks[0].eps[0]: eps -0.05 is out of range'],
  ['eps: [0.05, 0.1', 'eps: [0, 0.1', 'q.yaml:28:11: attacks[0].eps[0]: eps 0 is out of range'],
  ['eps: [0.05, 0.1', 'eps: [300/255, 0.1', 'q.yaml:28:11: attacks[0].eps[0]: eps 1.17'],
  [
    'eps: [0.05, 0.1',
    'eps: [a/b, 0.1',
    'q.yaml:28:11: attacks[0].eps[0]: expected a number or a fraction such as 8/255',
  ],
  ['eps: [0.05, 0.1', 'eps: [.nan, 0.1', 'q.yaml:28:11: attacks[0].eps[0]: expected a number or a fraction'],
  ['max_iter: 10', 'eps_step: 2', 'q.yaml:32:15: attacks[1].eps_step: eps_step 2 is out of range'],
  ['- name: fgm', '- name: fgsm', 'q.yaml:26:11: attacks[0].name: "fgsm" is not known here; did you mean \'fgm\'?'],
  ['name: mnist', 'name: 7', 'q.yaml:5:9: data.name: 7 is not known here; Known: mnist, cifar10, cifar100, folder'],
  ['name: mnist', 'name: folder', 'q.yaml:5:3: data.path: missing; the folder that holds a folder of images'],
  [
    'name: mnist',
    'name: mnist\n  path: images',
    'q.yaml:6:9: data.path: only for name: folder; the files of mnist are named by --data-dir',
  ],
  ['name: mnist', 'name: mnist\n  crop: 24', 'q.yaml:6:9: data.crop: only for name: folder, whose images may differ'],
  ['name: mnist', 'name: folder\n  path: a\n  resize: 0', 'q.yaml:7:11: data.resize: 0 is too small'],
  ['name: mnist', 'name: mnist\n  split: random', 'q.yaml:6:10: data.split: "random" is not known here'],
  [
    'train: 6000',
    'split: shuffled\n  train: 60001',
    'q.yaml:7:10: data.train: 70001 images in both parts, but mnist has 70000',
  ],
  ['train: 6000', 'train: 60001', 'q.yaml:6:10: data.train: 60001 images, but the train split of mnist has 60000'],
  ['train: 6000', 'train: 60', 'q.yaml:14:15: training.batch_size: 64 images in a batch, but only 60 to train on'],
  ['samples: 100', 'samples: 10001', 'q.yaml:33:10: samples: 10001 samples to attack, but only 10000 test images'],
  // MNIST's test split has 892 fives (the labels themselves: mnist.node.test.ts), so that 8,920 is the most.
  [
    'samples: 100',
    'samples: 9000',
    'q.yaml:33:10: samples: cannot take 9000 class-balanced test images: class 5 has 892, 900 are needed; take at most 8920',
  ],
  [
    'samples: 100',
    'samples: 105',
    'q.yaml:33:10: samples: cannot take 105 test images balanced over 10 classes: take 100 or 110',
  ],
  // 892 of 10,000 are 8.92 of 100: the largest remainders make them nine.
  [
    'test: 10000',
    'test: 100',
    'q.yaml:33:10: samples: cannot take 100 class-balanced test images: class 5 has 9, 10 are needed; take at most 90',
  ],
  ['samples: 100', 'samples: 100\nsamples: 3', "q.yaml:34:1: the key 'samples' is given twice; keep one"],
  ['name: example', 'name: ../up', 'q.yaml:3:7: name: a study name is 1 to 64 letters'],
  ['name: example', '', 'q.yaml:4:1: name: is missing; give text'],
  ['seeds: [0]', 'seeds: []', 'q.yaml:34:8: seeds: an empty list'],
  ['momentum: 0.9', 'momentum: 1', 'q.yaml:16:13: training.momentum: 1 is too large; it must be below 1'],
  [
    'samples: 100',
    'samples: 100\nprices: { currency: EUR, training: 2, atack: 1 }',
    "q.yaml:34:39: prices: unknown key 'atack'; did you mean 'attack'?",
  ],
  [
    'samples: 100',
    'samples: 100\nprices: { currency: EUR, training: 0, attack: 1 }',
    'q.yaml:34:36: prices.training: 0 is too small; it must be above 0',
  ],
  [
    'samples: 100',
    'samples: 100\nprices: { currency: EUR, training: 2 }',
    'q.yaml:34:9: prices.attack: is missing; give a number',
  ],
  [
    'samples: 100',
    'samples: 100\nprices: { currency: a b, training: 2, attack: 1 }',
    'q.yaml:34:21: prices.currency: a currency is 1 to 8 letters or signs without spaces',
  ],
  ['depth: [18, 34]', 'depth: [18, 34', 'q.yaml:10:3: not valid YAML: '],
  [
    'samples: 100',
    'samples: 100\nlimits: { second: 3 }',
    "q.yaml:34:11: limits: unknown key 'second'; did you mean 'seconds'?",
  ],
  ['samples: 100', 'samples: 100\nlimits: { trials: 0 }', 'q.yaml:34:19: limits.trials: 0 is too small'],
  ['width: 16', 'precision: f23', 'q.yaml:10:14: models.precision: "f23" is not known here; did you mean \'f8\'?'],
  [
    'samples: 100',
    'samples: 100\nincludes:\n  - models: { dept: 50 }',
    "q.yaml:35:15: includes[0].models: unknown key 'dept'; did you mean 'depth'?",
  ],
  [
    'samples: 100',
    'samples: 100\nincludes:\n  - seeds: 1\n  - {}',
    'q.yaml:36:5: includes[1]: names nothing; give at least one of data, models, training,',
  ],
  [
    'samples: 100',
    'samples: 100\nincludes: [{ data: { name: cifar10, train: 50001 } }]',
    'q.yaml:34:44: includes[0].data.train: 50001 images, but the train split of cifar10 has 50000',
  ],
  [
    'samples: 100',
    'samples: 8900\nincludes: [{ data: [{ name: mnist, test: 8000 }] }]',
    'q.yaml:33:10: samples: 8900 samples to attack, but only 8000 test images of mnist',
  ],
  [
    'samples: 100',
    'samples: 100\nexcludes:\n  - models: { depth: 34 }\n  - attacks: { name: pgd, eps: 0.25 }',
    'q.yaml:36:5: excludes[1]: leaves nothing out; no cell of the grid is like it',
  ],
  [
    'samples: 100',
    'samples: 100\nexcludes: [{ attacks: { nme: pgd } }]',
    "q.yaml:34:25: excludes[0].attacks: unknown key 'nme'; did you mean 'name'?",
  ],
  ['samples: 100', 'samples: 100\nexcludes: [{ seeds: 0 }]', 'q.yaml:34:11: excludes: leaves nothing over'],
  [
    'name: mnist\n',
    'name: cifar10\n  generated: perhaps\n',
    'q.yaml:6:14: data.generated: expected a boolean, found "perhaps"',
  ],
  ['name: mnist\n', 'name: mnist\n  generated: true\n', 'q.yaml:6:14: data.generated: only for cifar10 and cifar100'],
])('%s -> %s', (from, to, expected) => {
  expect(mistake(from, to).startsWith(expected), mistake(from, to)).toBe(true);
});

test('a place behind an alias is told where the value stands', () => {
  const text = `${example.replace('depth: [18, 34]', 'depth: &depths [18, 35]')}includes: [{ models: { depth: *depths } }]\n`;
  expect(messageOf(() => parseStudy(text, 'q.yaml'))).toMatch(
    /^q\.yaml:9:23: models\.depth\[1\]: 35 is not known here/,
  );
});

test('several data sets, each once', () => {
  const data = (list: string) => parseStudy(fakeStudyText.replace(/data: .*/, `data: ${list}`), 'x').study.data;
  expect(data('[{ name: mnist, train: 100 }, { name: cifar100, generated: true }]')).toEqual([
    { name: 'mnist', train: 100, test: null },
    { name: 'cifar100', generated: true, train: null, test: null },
  ]);
  expect(() => data('[{ name: mnist }, { name: mnist }]')).toThrow('x:2:25: data[1]: {"name":"mnist"');
});

test('several mistakes are told at once, in the order of the file', () => {
  const text = example.replace('width: 16', 'width: 0').replace('epochs: 4', 'epoch: 4').replace('0.3]', '3]');
  expect(messageOf(() => parseStudy(text, 'q.yaml')).split('\n')).toEqual([
    'q.yaml:10:10: models.width: 0 is too small; it must be at least 1',
    expect.stringMatching(/^q\.yaml:13:3: training: unknown key 'epoch'; did you mean 'epochs'\?/),
    expect.stringMatching(/^q\.yaml:28:27: attacks\[0\]\.eps\[3\]: eps 3 is out of range/),
  ]);
});

test('of very many mistakes the first nine are told, and how many follow', () => {
  const depths = [18, ...Array.from({ length: 12 }, (_, i) => 200 + i)];
  const text = example.replace('depth: [18, 34]', `depth: [${depths.join(', ')}]`);
  expect(() => parseStudy(text, 'q.yaml')).toThrow(/^12 mistakes in q\.yaml:(\n {2}q\.yaml:.*){9}\n {2}and 3 more$/);
});

test.each([
  ['', 'x:1:1: the file is empty'],
  ['# only a comment\n', 'x:1:1: the file is empty'],
  ['null', 'x:1:1: the file is empty'],
  ['[]', 'x:1:1: expected a map of keys, found []'],
  ['\u0000\u0001\u0002', 'x:1:1: '],
  ['a: *b', 'x:1:1: not valid YAML: '],
  ['a: !tag 1', 'x:1:4: not valid YAML: Unresolved tag'],
  ['a: 1\n---\na: 2', 'x:2:1: not valid YAML: '],
  ['? [a]\n: 1', 'x:1:3: not valid YAML: '],
  ['__proto__: {polluted: 1}', "x:1:1: unknown key '__proto__'"],
])('refused text %j', (text, expected) => {
  const message = messageOf(() => parseStudy(text, 'x'));
  expect(message.startsWith(expected), message).toBe(true);
});

test('a grid that is too large is refused before it is made, by its count', () => {
  const numbers = (count: number) => `[${Array.from({ length: count }, (_, i) => (i + 1) / (count + 1))}]`;
  const text = (rates: number, strengths: number, seeds: number) => `name: large
data: { name: mnist }
models: { depth: 18, width: 16 }
training: { epochs: 1, batch_size: 64, learning_rate: ${numbers(rates)}, weight_decay: ${numbers(rates)} }
attacks: [{ name: fgm, eps: ${numbers(strengths)} }]
seeds: [${Array.from({ length: seeds }, (_, i) => i)}]
`;
  // 2,000² trainings by two lists, a file of 80 kB.
  expect(() => parseStudy(text(2000, 1, 1), 'g.yaml')).toThrow(
    new InputError('g.yaml:1:1: 4000000 combinations of values; at most 10000 are taken'),
  );
  // 100 trainings, 1,000 strengths, 1,000 seeds.
  expect(() => parseStudy(text(10, 1000, 1000), 'g.yaml')).toThrow(
    new InputError(
      'g.yaml:1:1: the grid has 100000000 cells, and a study 500000 at most; leave values out, or make several studies of it',
    ),
  );
  expect(parseStudy(text(2, 2, 2), 'g.yaml').study.trainings).toHaveLength(4);
});

test('any number of unknown keys is one mistake, and each key that is given twice is told', () => {
  const keys = Array.from({ length: 5000 }, (_, i) => `key${i}: 1`).join('\n');
  expect(messageOf(() => parseStudy(`${example}\n${keys}\n`, 'x'))).toMatch(/unknown key 'key0'/);
  expect(messageOf(() => parseStudy(`${example}\n${keys}\nkey7: 2\nname: again\n`, 'q.yaml').study)).toMatch(
    /^q\.yaml:\d+:1: the key 'key7' is given twice; keep one\nq\.yaml:\d+:1: the key 'name' is given twice; keep one$/,
  );
});

test('aliases that would multiply without end are refused', () => {
  const lists = Array.from({ length: 9 }, (_, i) => `k${i + 1}: &k${i + 1} [${Array(9).fill(`*k${i}`).join(', ')}]`);
  const message = messageOf(() => parseStudy(`k0: &k0 [x]\n${lists.join('\n')}\n`, 'x'));
  expect(message).toContain('alias');
});

test.each([
  ['test/none.yaml', 'cannot read test/none.yaml: no such file or folder'],
  ['test', 'cannot read test: it is a folder, not a file'],
])('the file %s', async (file, message) => {
  await expect(readStudy(file)).rejects.toThrow(new InputError(message));
});

test('a protocol has a name and passes; what it decides itself, and what has no radius, is refused', () => {
  const under = (protocol: string) => parseStudy(`${fakeStudyText}protocol: ${protocol}\n`, 'q.yaml').study.protocol;
  expect(under('attackbench')).toEqual({ name: 'attackbench', passes: 2000 });
  expect(under('{ name: attackbench, passes: 500 }')).toEqual({ name: 'attackbench', passes: 500 });
  expect(parseStudy(fakeStudyText, 'q.yaml').study.protocol).toBeNull();
  const wrong = (lines: string) => messageOf(() => parseStudy(`${fakeStudyText}${lines}`, 'q.yaml'));
  expect(wrong('protocol: atackbench\n')).toBe(
    'q.yaml:14:11: protocol: "atackbench" is not known here; Known: attackbench',
  );
  expect(wrong('protocol: { name: attackbench, passes: 0 }\n')).toMatch(
    /^q.yaml:14:\d+: protocol.passes: 0 is too small; it must be at least 1$/,
  );
  expect(wrong('protocol: { name: attackbench, budget: 5 }\n')).toMatch(
    /^q.yaml:14:\d+: protocol: unknown key 'budget'; did you mean 'name'\? Known here: name, passes$/,
  );
  expect(wrong('protocol: attackbench\nbudget: { max_queries: 5 }\n')).toMatch(
    /^q.yaml:15:\d+: budget: is not for protocol attackbench, which limits passes; give protocol.passes$/,
  );
  expect(wrong('protocol: attackbench\nincludes: [{ attacks: [{ name: pixel, th: 3 }] }]\n')).toMatch(
    /^q.yaml:15:\d+: includes\[0\].attacks\[0\]: pixel: AttackBench's protocol searches for a radius, and its strength counts pixels; it must be/,
  );
  expect(wrong('protocol: attackbench\nexcludes: [{ attacks: { eps: 0.1 } }]\n')).toMatch(
    /^q.yaml:15:\d+: excludes\[0\]: leaves nothing out; no cell of the grid is like it$/,
  );
});
