import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { decode } from 'fast-png';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readTable } from '../../src/analysis/tables/read.node.ts';
import { runProgram } from '../../src/cli/program/program.ts';
import { readCheckpoint } from '../../src/models/checkpoint/file.node.ts';
import { useKeptDevice } from '../support/keptDevice.ts';

/** What `--defence` takes. */
const FORMS =
  'none, feature-squeezing:BITS, spatial-smoothing:WINDOW, high-confidence:CUTOFF, gaussian-noise:SCALE, jpeg-compression:QUALITY, total-variance-minimisation[:PROB[:LAMB]] or randomised-smoothing:SIGMA[:COPIES]';

const CHECKPOINT = 'test/fixtures/attacks/resnet.safetensors';

const openDevice = useKeptDevice();

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'outlast-attack-'));
});
afterAll(() => rm(scratch, { recursive: true }));

async function attack(...words: string[]) {
  const collect = () => {
    const chunks: string[] = [];
    const write = (chunk: unknown, _: unknown, done: () => void) => {
      chunks.push(String(chunk));
      done();
    };
    return { stream: new Writable({ write }), text: () => chunks.join('') };
  };
  const [stdout, stderr] = [collect(), collect()];
  const code = await runProgram(['attack', '--checkpoint', CHECKPOINT, ...words], {
    terminal: { stdout: stdout.stream, stderr: stderr.stream },
    openDevice,
    openMachine: () => Promise.reject(new Error('no study is run')),
  });
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

test('prints a table, and writes figures, images and a picture', async () => {
  const file = join(scratch, 'figures.json');
  const options = ['--attack', 'bim', '--eps', '26/255', '--samples', '10', '--save', scratch, '--json', file];
  const { code, stdout, stderr } = await attack(...options);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const figures = JSON.parse(await readFile(file, 'utf8'));
  expect(figures).toMatchObject({ attack: 'bim', norm: 'inf', eps: 26 / 255, defence: 'none' });
  expect(figures.records).toHaveLength(10);
  const broken = figures.records.filter(({ success }: { success: boolean }) => success).length;
  expect(broken).toBeGreaterThan(0);
  expect(stdout).toContain(`broken                       ${broken} of 10\n`);
  const { tensors } = await readCheckpoint(join(scratch, 'adversarial.safetensors'));
  const [clean, adversarial] = ['clean', 'adversarial'].map((name) => tensors.get(name)?.data as Float32Array);
  const farthest = clean.reduce((most, pixel, at) => Math.max(most, Math.abs(pixel - adversarial[at])), 0);
  expect(farthest).toBeLessThanOrEqual(26 / 255 + 2 ** -24);
  // Three pictures of 28 · 3 pixels with 4 between and around, a line of headings, and two lines below each of ten rows at most.
  const picture = decode(await readFile(join(scratch, 'grid.png')));
  expect([picture.width, picture.height]).toEqual([3 * 88 + 4, 11 + Math.min(10, broken) * (84 + 22 + 4) + 4]);
});

test('--state: a file that is no state is refused before the attack, and one of an attack that ends is gone', async () => {
  const path = join(scratch, 'state');
  await writeFile(path, 'something else');
  const words = ['--attack', 'fgm', '--samples', '10', '--state', path];
  expect(await attack(...words)).toEqual({
    code: 2,
    stdout: '',
    stderr: `outlast: ${path}: not the state of an attack that this version of outlast saved; give another --state\n`,
  });
  await rm(path);
  expect((await attack(...words)).code).toBe(0);
  await expect(readFile(path)).rejects.toThrow('ENOENT');
});

test('a defence that answers at random is warned of', async () => {
  const { code, stdout } = await attack('--samples', '10', '--max-iter', '1', '--defence', 'gaussian-noise:0.01');
  expect(code).toBe(0);
  expect(stdout).toContain('warning: gaussian-noise answers at random, and each answer was taken for the truth');
  expect(stdout).toContain('warning: gaussian-noise tells probabilities');
});

test('randomised smoothing is attacked through means of copies and draws, and certified', async () => {
  const file = join(scratch, 'smoothed.json');
  const { code, stdout } = await attack(
    ...['--attack', 'fgm', '--norm', '2', '--eps', '0.01', '--samples', '10', '--eot', '3'],
    ...['--defence', 'randomised-smoothing:0.05:4', '--certify', '120', '--alpha', '0.01', '--json', file],
  );
  expect(code).toBe(0);
  expect(stdout).not.toContain('warning: randomised-smoothing answers at random');
  const figures = JSON.parse(await readFile(file, 'utf8'));
  const described = { differentiable: true, random: true, expectationSamples: 3 };
  expect(figures).toMatchObject({ defence: 'randomised-smoothing', ...described });
  // FGM asks for a gradient and for the class of what it made, three draws of each.
  expect(figures.records.map(({ cost }: { cost: { gradients: number } }) => cost.gradients)).toContain(3);
  expect(figures.records.map(({ cost }: { cost: { queries: number } }) => cost.queries)).toContain(6);
  const { certificates, certifiedAccuracy, majority, ...settings } = figures.certified;
  expect(settings).toEqual({ sigma: 0.05, n0: 100, n: 120, alpha: 0.01 });
  expect(certificates).toHaveLength(10);
  // 120 copies that agree certify 0.05 · Φ⁻¹(0.01^(1 / 120)) = 0.0889 (R), and none can certify more.
  const radii = certificates.map(({ radius }: { radius: number }) => radius);
  expect(Math.max(...radii)).toBeCloseTo(0.0889, 3);
  const right = certificates.filter((each: { label: number; predicted: number }) => each.predicted === each.label);
  expect(certifiedAccuracy[0]).toEqual({ radius: 0, accuracy: right.length / 10 });
  expect(right.length).toBeGreaterThanOrEqual(8);
  expect(majority.clean.accuracy).toBeGreaterThanOrEqual(0.8);
  expect(stdout).toContain(`certified within L2 0.05     ${(100 * certifiedAccuracy[2].accuracy).toFixed(1)} %\n`);
  expect(stdout).toContain('majority of 120, attacked');
});

test('a random defence followed by several draws is not warned of', async () => {
  const words = ['--samples', '10', '--max-iter', '1', '--defence', 'gaussian-noise:0.01', '--eot', '2'];
  const { code, stdout } = await attack(...words);
  expect(code).toBe(0);
  expect(stdout).not.toContain('answers at random');
});

const figuresOf = async (...words: string[]) => {
  const file = join(scratch, 'told.json');
  const { code, stderr } = await attack(...words, '--samples', '10', '--json', file);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(await readFile(file, 'utf8'));
};

// 0.5 is RobustBench's radius in L2: 8/255 there would be the length of one pixel's change.
test('without --eps the radius is that of the norm, and JSON tells all that was used', async () => {
  expect(await figuresOf('--norm', '2', '--max-iter', '2')).toMatchObject({
    ...{ attack: 'pgd', norm: '2', eps: 0.5, epsStep: 0.125, maxIter: 2, numRandomInit: 1 },
  });
});

test.each([
  [['--attack', 'hopskipjump', '--norm', '2', '--max-iter', '1', '--init-eval', '10', '--init-size', '20'], '2'],
  [['--attack', 'fab', '--norm', '2', '--max-iter', '3'], '2'],
  [['--attack', 'deepfool', '--max-iter', '5'], '2'],
] as const)('%j goes without a radius, and breaks images at any distance', async (words, norm) => {
  const { eps, records, ...told } = await figuresOf(...words);
  expect(eps).toBeNull();
  expect(told.norm).toBe(norm);
  const l2 = records.flatMap((each: { success: boolean; distances: { l2: number } }) =>
    each.success ? [each.distances.l2] : [],
  );
  expect(Math.max(...l2)).toBeGreaterThan(8 / 255);
});

test('several attacks at several strengths: each as alone', async () => {
  const { runs } = await figuresOf(
    '--attack',
    'fgm,deepfool',
    '--eps',
    '0.05,26/255',
    '--norm',
    '2',
    '--max-iter',
    '2',
  );
  const told = runs.map(({ attack: name, norm, eps }: Record<string, unknown>) => [name, norm, eps]);
  expect(told).toEqual([
    ['fgm', '2', 0.05],
    ['fgm', '2', 26 / 255],
    ['deepfool', '2', null],
  ]);
  const alone = await figuresOf('--attack', 'fgm', '--eps', '26/255', '--norm', '2');
  const withoutSeconds = (records: { cost: object }[]) =>
    records.map(({ cost, ...record }) => ({ ...record, cost: { ...cost, seconds: 0 } }));
  expect(withoutSeconds(runs[1].records)).toEqual(withoutSeconds(alone.records));
});

test('--save: a table of every image and a robustness curve as table and picture', async () => {
  const folder = join(scratch, 'curves');
  const words = ['--attack', 'fgm,deepfool', '--eps', '0.5,1', '--norm', '2', '--save', folder];
  const { runs } = await figuresOf(...words);
  const [heading, ...rows] = (await readFile(join(folder, 'records.csv'), 'utf8')).trim().split('\r\n');
  expect(heading).toContain('attack,norm,eps,sample,split,index,label,predicted_before,predicted_after');
  expect(rows).toHaveLength(3 * 10);
  for (const [k, { attack: name, records }] of runs.entries())
    for (const [i, record] of records.entries()) {
      // What the model tells of the final image says whether it was broken; these three attacks go on from the image itself.
      expect(record.success, name).toBe(!record.misclassifiedBefore && record.predictedAfter !== record.label);
      expect(record.misclassifiedBefore, name).toBe(record.predictedBefore !== record.label);
      expect(rows[10 * k + i].split(',').slice(3, 9)).toEqual(
        [record.sample, 'test', record.index, record.label, record.predictedBefore, record.predictedAfter].map(String),
      );
    }
  // The same in Parquet.
  const parquet = await readTable(join(folder, 'records.parquet'));
  const csv = await readTable(join(folder, 'records.csv'));
  for (const [name, cells] of csv.columns)
    expect(
      parquet.columns.get(name)?.map((cell) => String(cell ?? '')),
      name,
    ).toEqual(
      ['misclassified_before', 'success', 'success_after_rounding'].includes(name)
        ? cells.map((cell) => String(cell === '1'))
        : cells,
    );
  const points = (await readFile(join(folder, 'robustness.csv'), 'utf8')).trim().split('\r\n').slice(1);
  const fgm = points.filter((line) => line.startsWith('2,fgm,')).map((line) => line.split(',').slice(2, 4).map(Number));
  expect(fgm).toEqual([
    [0, runs[0].cleanAccuracy],
    [0.5, runs[0].robustAccuracy],
    [1, runs[1].robustAccuracy],
  ]);
  expect(points.some((line) => line.startsWith('2,all attacks,'))).toBe(true);
  const picture = decode(await readFile(join(folder, 'robustness-2.png')));
  expect(picture.width).toBe(2 * (860 + 2 * 12));
  const svg = await readFile(join(folder, 'robustness-2.svg'), 'utf8');
  // A dot for each of three points of FGM; steps have none.
  const dots = /<g[^>]*class="mark dot.*?<\/g>/s.exec(svg)?.[0] ?? '';
  expect(dots.match(/<path/g)?.length).toBe(3);
  expect(await readFile(join(folder, 'fgm-2-0.5', 'grid.png'))).toBeInstanceOf(Uint8Array);
});

test.each([
  [['--attack', 'bim', '--norm', '2', '--eps', '0.5'], 'outlast: bim: --norm is 2; it must be inf\n'],
  [
    ['--attack', 'deepfool', '--eps', '0.1'],
    'outlast: deepfool takes no --eps; it takes --norm, --max-iter, --epsilon and --nb-grads\n',
  ],
  [
    ['--attack', 'fgm', '--max-iter', '40', '--th', '4'],
    'outlast: fgm takes no --max-iter and no --th; it takes --norm and --eps\n',
  ],
  [['--attack', 'fgm,bim', '--th', '4'], 'outlast: attack: none of fgm, bim takes --th\n'],
  [
    ['--attack', 'pgd', '--eps', '0.1,2'],
    'outlast: pgd: --eps is 2; pixels lie in [0, 1], so it must be at least 0 and at most 1\n',
  ],
  [['--attack', 'pgd,pgd'], /pgd is listed twice/],
  [['--attack', 'pgd,prayer'], /Allowed choices are fgm, fgm-minimal, pgd/],
  [['--eps', '0.1,0.2', '--state', 'nowhere'], /^outlast: attack: --state keeps one attack at one strength/],
  [['--attack', 'hopskipjump', '--norm', '1'], 'outlast: hopskipjump: --norm is 1; it must be inf or 2\n'],
  [['--defence', 'prayer'], `outlast: attack: the defence is prayer; it must be ${FORMS}\n`],
  [
    ['--defence', 'jpeg-compression:75:1'],
    `outlast: attack: the defence is jpeg-compression:75:1; it must be ${FORMS}\n`,
  ],
  [
    ['--defence', 'jpeg-compression:0'],
    'outlast: jpeg-compression: quality is 0; it must be a whole number from 1 to 100\n',
  ],
  [
    ['--defence', 'label-smoothing:0.1'],
    'outlast: attack: label-smoothing acts on the training: attack a model that was trained with it (outlast train --label-smoothing SHARE)\n',
  ],
  [
    ['--defence', 'feature-squeezing:4', '--eot', '8'],
    'outlast: attack: --eot averages over a defence that answers at random; feature-squeezing does not\n',
  ],
  [['--certify', '100'], 'outlast: attack: --certify and --alpha are for --defence randomised-smoothing, not none\n'],
  [
    ['--defence', 'randomised-smoothing:0.25', '--alpha', '1'],
    'outlast: attack: --alpha is 1; it must be above 0 and below 1\n',
  ],
  [
    ['--eps', '8/x'],
    /^outlast: option '--eps <distance>' argument '8\/x' is invalid\. It must be a number or a fraction/,
  ],
  [['--data', 'cifar10', '--data-dir', '/nowhere'], /^outlast: /],
] as const)('refuses %j with exit code 2', async (words, message) => {
  const { code, stderr } = await attack(...words, '--samples', '10');
  expect(code).toBe(2);
  expect(stderr.split('\n')).toHaveLength(2);
  if (typeof message === 'string') expect(stderr).toBe(message);
  else expect(stderr).toMatch(message);
});

test('--within tells what no attack breaks in any of several norms, and refuses what is no norm and radius', async () => {
  const file = join(scratch, 'worst.json');
  const words = ['--attack', 'fgm,bim', '--eps', '26/255', '--samples', '10', '--within', 'inf:26/255,2:0.01'];
  expect((await attack(...words, '--json', file)).code).toBe(0);
  const { runs, worstCase } = JSON.parse(await readFile(file, 'utf8'));
  // An image that either breaks is broken; nothing so small breaks anything in L2.
  const holds = (i: number) =>
    runs.every(
      ({ records }: { records: { success: boolean; misclassifiedBefore: boolean }[] }) =>
        !records[i].success && !records[i].misclassifiedBefore,
    );
  const right = Array.from({ length: 10 }, (_, i) => holds(i)).filter(Boolean).length;
  expect(worstCase).toMatchObject({ within: { inf: 26 / 255, '2': 0.01 }, accuracy: right / 10, images: 10 });
  for (const [radii, reason] of [
    ['inf', 'It must be a number or a fraction such as 8/255.'],
    ['3:0.1', '3:0.1 is no norm and radius; it must be as inf:8/255, with inf, 1, 2 or 0.'],
    ['inf:2', 'The radius in inf is 2; it must be at least 0 and at most 1.'],
    ['2:1,2:2', '2 is listed twice.'],
  ]) {
    const refused = await attack('--within', radii);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining(reason)]);
  }
});
