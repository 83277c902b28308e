import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type ImportOptions, importResults } from '../../../src/analysis/deckard/results.ts';
import { buildReport } from '../../../src/analysis/report/build.ts';
import { parseCsv } from '../../../src/analysis/tables/csv.ts';
import { InputError } from '../../../src/base/errors.ts';
import { ORIGIN } from '../../support/reportOf.ts';

const OPTIONS: ImportOptions = {
  name: 'earlier',
  trainSamples: 48_000,
  testSamples: 12_000,
  attackSamples: 100,
  model: 'exponential',
};

const imported = (text: string, more: Partial<ImportOptions> = {}) =>
  importResults(parseCsv(text, 'results.csv'), { ...OPTIONS, ...more });

const reportFrom = (text: string, more: Partial<ImportOptions> = {}) => {
  const { study, finished } = imported(text, more);
  return buildReport(finished, study, { ...ORIGIN, planned: finished.length }).report;
};

/** The columns of the authors' own tables, with the time that the attack took. */
const HEADING =
  'model_name,def_gen,atk_gen,accuracy,adv_accuracy,def_value,train_time,predict_time,adv_fit_time,random_state,Epochs,model_layers,data_gen,atk_value';

test('one configuration: rate and TRASH in closed form', () => {
  // 100 images each: 60 failures in 200 s, 90 failures in 100 s, twice; as many runs as robust standard errors need.
  const { trash, survival, attacks } = reportFrom(`${HEADING}
ResNet18,Control,FGM,0.9,0.4,18,240,1.2,200,0,20,18,torch_mnist,0.1
ResNet18,Control,FGM,0.9,0.1,18,240,1.2,100,0,20,18,torch_mnist,0.3
ResNet18,Control,FGM,0.9,0.4,18,240,1.2,200,1,20,18,torch_mnist,0.1
ResNet18,Control,FGM,0.9,0.1,18,240,1.2,100,1,20,18,torch_mnist,0.3`);
  expect(attacks.map(({ eps, robustAccuracy, failures }) => [eps, robustAccuracy, failures])).toEqual([
    [0.1, 0.4, 60],
    [0.3, 0.1, 90],
    [0.1, 0.4, 60],
    [0.3, 0.1, 90],
  ]);
  // With eps, each run has its own rate: 60 of 100 at 2 s, 90 of 100 at 1 s.
  const rates = [60 / 200, 90 / 100];
  const { Intercept, eps } = Object.fromEntries(survival.coefficients.map((line) => [line.name, line.coefficient]));
  expect(-(Intercept + 0.1 * eps)).toBeCloseTo(Math.log(rates[0]), 8);
  expect(-(Intercept + 0.3 * eps)).toBeCloseTo(Math.log(rates[1]), 8);
  expect(trash).toHaveLength(1);
  // The runs at 0.3 leave 10 of 100 unbroken after 1 s each, and those at 0.1 break nobody so soon: 90 images at 1 s and 10 that stand.
  expect(trash[0]).toMatchObject({ model: 'ResNet-18', defence: 'none', trainCostPerSample: 240 / 48_000, horizon: 1 });
  expect(trash[0].value!).toBeCloseTo(240 / 48_000 / 1, 12);
  // Four runs are four clusters: below ten there is no interval.
  expect(trash[0]).toMatchObject({ reading: 'too few images', lower: null, upper: null });
  const mean = rates.reduce((sum, rate) => sum + (1 - Math.exp(-1 * rate)) / rate, 0) / 2;
  // The quadrature ends near 1e-10 relative.
  expect(trash[0].byModel!.value / (240 / 48_000 / mean)).toBeCloseTo(1, 8);
});

test('defences, attacks and models by the short names and by those of classes', () => {
  const { study, finished, notes } = imported(`${HEADING}
ResNet18,Gauss-in,PGD,0.9,0.4,0.3,240,1.2,200,0,20,18,torch_mnist,0.1
ResNet34,Gauss-out,Deep,0.9,0.4,0.1,240,1.2,200,0,20,34,torch_mnist,3
ResNet50,Conf,HSJ,0.9,0.4,0.9,240,1.2,200,1,20,50,torch_cifar10,10
ResNet101,FSQ,Pixel,0.9,0.4,8,240,1.2,200,0,20,101,cifar100,16
ResNet152,art.defences.preprocessor.FeatureSqueezing,art.attacks.evasion.ThresholdAttack,0.9,0.4,8,240,1.2,200,0,20,152,cifar100,64`);
  expect(notes).toEqual([]);
  expect(study.defences).toEqual([
    { name: 'gaussian-augmentation', sigma: 0.3, ratio: 0.5 },
    { name: 'gaussian-noise', scale: 0.1 },
    { name: 'high-confidence', cutoff: 0.9 },
    { name: 'feature-squeezing', bitDepth: 8 },
  ]);
  expect(study.attacks.map(({ name, eps, nbGrads, maxIter, th }) => [name, eps ?? nbGrads ?? maxIter ?? th])).toEqual([
    ['pgd', 0.1],
    ['deepfool', 3],
    ['hopskipjump', 10],
    ['pixel', 16],
    ['threshold', 64],
  ]);
  expect(study.data.map(({ name }) => name)).toEqual(['mnist', 'cifar10', 'cifar100']);
  expect(study.seeds).toEqual([0, 1]);
  expect(finished.map(({ trial }) => trial.kind).filter((kind) => kind === 'train')).toHaveLength(5);
});

test.each(['nb_epoch', 'nb_epochs', 'np_epochs', 'Epochs', 'model.trainer.nb_epoch'])(
  'epochs in a column named %s',
  (name) => {
    const { study } = imported(
      `model_name,def_gen,atk_gen,adv_accuracy,train_time,adv_fit_time,${name}\nResNet18,Control,FGM,0.4,240,20,30`,
      { dataset: 'mnist' },
    );
    expect(study.trainings[0].epochs).toBe(30);
  },
);

test('times per sample instead of whole ones; a size of attack in the table', () => {
  const { finished } = imported(
    'model_name,def_gen,atk_gen,adv_accuracy,train_time_per_sample,adv_fit_time_per_sample,attack_size\nResNet18,Control,FGM,0.5,0.01,0.2,40',
    { dataset: 'mnist' },
  );
  const [train, attack] = finished.map(({ result }) => result);
  expect(train).toMatchObject({ trainSeconds: 480, trainSamples: 48_000 });
  expect(attack.kind === 'attack' && attack.records.map(({ success, cost }) => [success, cost.seconds])).toEqual(
    Array.from({ length: 40 }, (_, k) => [k < 20, 0.2]),
  );
});

test('rows that cannot be used are left out and counted, each for its reason', () => {
  const { finished, notes } = imported(`${HEADING}
ResNet18,Control,FGM,0.9,0.4,18,240,1.2,200,0,20,18,mnist,0.1
ResNet18,Control,FGM,0.9,0.4,18,240,1.2,,0,20,18,mnist,0.1
ResNet18,Control,FGM,0.9,nan,18,240,1.2,200,0,20,18,mnist,0.1
ResNet18,Control,FGM,0.9,0.4,18,0,1.2,200,0,20,18,mnist,0.1
ResNet18,FSQ,FGM,0.9,0.4,NaN,240,1.2,200,0,20,18,mnist,0.1
ResNet18,FSQ,FGM,0.9,0.4,,240,1.2,200,0,20,18,mnist,0.1
ResNet18,Control,Patch,0.9,0.4,18,240,1.2,200,0,20,18,mnist,0.1
VGG16,Control,FGM,0.9,0.4,18,240,1.2,200,0,20,,mnist,0.1
ResNet18,Control,FGM,0.9,0.4,18,240,1.2,200,0,20,18,svhn,0.1`);
  expect(finished).toHaveLength(2);
  expect(notes).toEqual([
    '1 of 9 rows are left out: no time of the attack',
    '1 of 9 rows are left out: no accuracy after the attack',
    '1 of 9 rows are left out: no time of training',
    '2 of 9 rows are left out: the setting (def_value) of FSQ is missing',
    '1 of 9 rows are left out: the attack Patch is not known',
    '1 of 9 rows are left out: the depth is not that of a ResNet (18, 34, 50, 101, 152)',
    '1 of 9 rows are left out: the data set svhn is not known',
  ]);
});

test.each([
  ['a,b\n1,2', /no column that tells the accuracy after the attack; it would be one of adv_accuracy/],
  [
    'adv_accuracy\n1',
    /how long the attack took; it would be one of adv_fit_time, attack_time, adv_fit_time_per_sample/,
  ],
  ['adv_accuracy,adv_fit_time,train_time\n1,1,1', /tells the data set \(or give --data\)/],
  [
    `${HEADING}\nResNet18,Control,FGM,0.9,soon,18,240,1.2,200,0,20,18,mnist,0.1`,
    /"adv_accuracy", row 1 \(line 2\): "soon" should be a number/,
  ],
  [
    `${HEADING}\nResNet18,Control,FGM,0.9,1.4,18,240,1.2,200,0,20,18,mnist,0.1`,
    /"adv_accuracy", row 1 \(line 2\): 1.4 should be from 0 to 1/,
  ],
  [
    `${HEADING}\nResNet18,Control,FGM,0.9,0.4,18,240,1.2,,0,20,18,mnist,0.1`,
    /no row can be used: no time of the attack/,
  ],
])('what is missing or wrong is told in one line (%#)', (text, message) => {
  expect(() => imported(text)).toThrow(InputError);
  expect(() => imported(text)).toThrow(message);
});

test.each(['as-pandas-writes-it', 'first-heading-named', 'without-attack-column'])(
  'a flattened table, %s: attack, defence and bit depth from the columns that name them',
  (name) => {
    const file = `test/fixtures/tables/deckard/${name}.csv`;
    const { study, finished, notes } = imported(readFileSync(file, 'utf8'));
    expect(notes).toEqual([]);
    expect(study.attacks.map((attack) => attack.name)).toEqual(
      finished.slice(0, study.attacks.length).map(() => 'fgm'),
    );
    // Of `model.art.preprocessor.params.bit_depth`; `model.art.preprocessor.bit_depth` is 32 throughout.
    expect(study.defences).toEqual([4, 8, 64].map((bitDepth) => ({ name: 'feature-squeezing', bitDepth })));
    expect(study.data.map((data) => data.name)).toEqual(['cifar100']);
  },
);

test('a table that tells no defence is not undefended', () => {
  const text = 'model_name,atk_gen,adv_accuracy,train_time,adv_fit_time\nResNet18,FGM,0.4,240,20';
  expect(() => imported(text, { dataset: 'mnist' })).toThrow('no column that tells the defence (or give --defence');
  expect(imported(text, { dataset: 'mnist', defence: 'control' }).study.defences).toEqual([{ name: 'none' }]);
  expect(() =>
    imported(text.replaceAll('adv_accuracy', 'def_gen,adv_accuracy').replace('0.4', ',0.4'), { dataset: 'mnist' }),
  ).toThrow('no row can be used: the defence is missing');
});

test('of many reasons the first three are told', () => {
  const rows = Array.from({ length: 50 }, (_, k) => `ResNet18,Control,hash${k},0.4,240,20`);
  const text = `model_name,def_gen,atk_gen,adv_accuracy,train_time,adv_fit_time\n${rows.join('\n')}`;
  expect(() => imported(text, { dataset: 'mnist' })).toThrow(
    /hash0 .*hash1 .*hash2 is not known; and 47 more reasons$/,
  );
});
