import { join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { AttackOutcome, Samples } from '../analysis/attacks/attack.ts';
import { runNamed } from '../analysis/attacks/named.ts';
import type { NormName } from '../analysis/attacks/norms.ts';
import { ATTACK_NAMES, type AttackName } from '../analysis/attacks/parameters.ts';
import { largestPlace } from '../analysis/attacks/rows.ts';
import { type Classifier, createClassifier } from '../analysis/classifier.ts';
import { noDefence } from '../analysis/defences/defence.ts';
import { InputError } from '../engine/errors.ts';
import { writeFileAtomic } from '../engine/platform/files.node.ts';
import { readCheckpoint, writeCheckpoint } from '../models/checkpoint/file.node.ts';
import { labelsAt, toFloat } from '../models/data/dataset.ts';
import { loadDataset } from '../models/data/load.node.ts';
import { classBalanced } from '../models/data/sampling.ts';
import type { ImageShape } from '../models/evaluate.ts';
import type { HostWeights } from '../models/model.ts';
import { fromCheckpoint } from '../models/savedModel.ts';
import { release, upload } from '../models/weights.ts';
import {
  type Certification,
  type CertificationSettings,
  certification,
  describeCertification,
} from './attack/certification.ts';
import { DEFENCE_FORMS, defenceNamed } from './attack/defence.ts';
import { type GridRow, pictureGrid, type Verdict } from './attack/grid.ts';
import { type AttackIdentity, digest, readState, removeState, stateWriter } from './attack/stateFile.ts';
import { type DataFlags, sourceOf, withDataFlags } from './dataFlags.ts';
import { fraction } from './fraction.ts';
import { wholeNumber } from './modelFlags.ts';
import type { Surroundings } from './surroundings.ts';
import { print } from './terminal.ts';

interface AttackFlags extends DataFlags {
  readonly checkpoint: string;
  readonly attack: AttackName;
  readonly norm: NormName;
  readonly eps: number;
  readonly epsStep?: number;
  readonly maxIter?: number;
  readonly th?: number;
  readonly nbGrads?: number;
  readonly samples: number;
  readonly batch: number;
  readonly seed: number;
  readonly defence?: string;
  readonly eot?: number;
  readonly certify?: number;
  readonly alpha?: number;
  readonly maxSeconds?: number;
  readonly maxQueries?: number;
  readonly maxGradients?: number;
  readonly save?: string;
  readonly state?: string;
  readonly json?: string | true;
}

function seed(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isInteger(value) || value < 0)
    throw new InvalidArgumentError('It must be a whole number from 0.');
  return value;
}

/** `outlast attack`. */
export function addAttackCommand(program: Command, around: Surroundings): void {
  const command = program
    .command('attack')
    .description('Attack a trained model: what it withstands, how far the nearest failures are, and what they cost.')
    .requiredOption('--checkpoint <file>', 'safetensors file of `outlast train` or of a torchvision ResNet')
    .addOption(new Option('--attack <name>', 'which attack').choices(ATTACK_NAMES).default('pgd'))
    .addOption(new Option('--norm <norm>', 'how distance is measured').choices(['inf', '1', '2']).default('inf'))
    .option('--eps <distance>', 'largest distance, in units of the pixel range, as 0.1 or 8/255', fraction, 8 / 255)
    .option('--eps-step <distance>', 'length of a step; a quarter of eps without it', fraction)
    .option('--max-iter <count>', "steps; the attack's own number without it", wholeNumber)
    .option('--th <count>', 'pixels of the Pixel attack, grey levels of the Threshold attack', wholeNumber)
    .option('--nb-grads <count>', 'classes that DeepFool looks at', wholeNumber)
    .option('--samples <count>', 'class-balanced test images', wholeNumber, 100)
    .option('--batch <images>', 'images attacked together', wholeNumber, 100)
    .option('--seed <number>', 'decides the images and everything random', seed, 0);
  withDataFlags(command)
    .option('--defence <name>', DEFENCE_FORMS)
    .option('--eot <draws>', 'average all that is asked over so many draws of a random defence', wholeNumber)
    .option('--certify <copies>', 'noisy copies that certify an image under randomised-smoothing (1000)', wholeNumber)
    .option('--alpha <risk>', 'how often a certificate may be wrong (0.001)', fraction)
    .option('--max-seconds <seconds>', 'most that is spent on an image', fraction)
    .option('--max-queries <count>', 'most that an image is asked about', wholeNumber)
    .option('--max-gradients <count>', 'most gradients for an image', wholeNumber)
    .option('--save <folder>', 'write the adversarial images and a picture of some there')
    .option('--state <file>', 'keep in this file how far the attack is, and go on from there when it is started again')
    .option('--json [file]', 'print the figures and every image’s record as JSON, or write them to a file')
    .action((flags: AttackFlags) => attackCommand(flags, around));
}

/** What is certified, if anything is. @throws InputError when flags are given that the defence has no use for */
function smoothingOf(flags: AttackFlags, { defence, values }: ReturnType<typeof defenceNamed>): Smoothing | null {
  const { eot, certify, alpha = 0.001 } = flags;
  if (eot !== undefined && !defence.random)
    throw new InputError(`attack: --eot averages over a defence that answers at random; ${defence.name} does not`);
  if (!(alpha > 0 && alpha < 1)) throw new InputError(`attack: --alpha is ${alpha}; it must be above 0 and below 1`);
  if (defence.name === 'randomised-smoothing') return { sigma: values[0], n: certify ?? 1000, alpha };
  if (certify !== undefined || flags.alpha !== undefined)
    throw new InputError(`attack: --certify and --alpha are for --defence randomised-smoothing, not ${defence.name}`);
  return null;
}

type Smoothing = Omit<CertificationSettings, 'seed'>;

async function attackCommand(flags: AttackFlags, { terminal, openDevice }: Surroundings): Promise<void> {
  const named = defenceNamed(flags.defence);
  const { defence } = named;
  const smoothing = smoothingOf(flags, named);
  const saved = fromCheckpoint(await readCheckpoint(flags.checkpoint), flags.checkpoint);
  const dataset = await loadDataset(sourceOf(flags), { dataDir: flags.dataDir });
  const shape: ImageShape = [dataset.channels, dataset.height, dataset.width];
  const { inChannels, classes } = saved.options;
  if (inChannels !== dataset.channels || classes !== dataset.classes)
    throw new InputError(
      `${flags.checkpoint}: takes ${inChannels} channels and tells ${classes} classes; ${flags.data} has ${dataset.channels} and ${dataset.classes}`,
    );
  const chosen = classBalanced(dataset.test.labels, dataset.classes, flags.samples, flags.seed);
  const samples: Samples = {
    images: toFloat(dataset.test, chosen),
    labels: Int32Array.from(labelsAt(dataset.test, chosen)),
  };
  const device = await openDevice();
  const weights = upload(device, saved.model, saved.weights);
  const { seed, eot: expectationSamples } = flags;
  const classifier = createClassifier(device, saved.model, weights, { shape, defence, seed, expectationSamples });
  const undefended = createClassifier(device, saved.model, weights, { shape, defence: noDefence });
  try {
    const outcome = await runNamed(flags.attack, classifier, samples, {
      ...flags,
      ...(flags.state === undefined ? {} : await kept(flags.state, identityOf(flags, samples, saved.weights))),
      batchSize: flags.batch,
    });
    if (flags.save !== undefined) await save(flags.save, classifier, samples, outcome);
    const { images: adversarial, ...figures } = outcome;
    const certified = smoothing && (await certification(undefended, samples, adversarial, { ...smoothing, seed }));
    const { name, differentiable, random } = defence;
    const defended = { defence: name, differentiable, random, expectationSamples: classifier.expectationSamples };
    const json = JSON.stringify(
      { ...settingsOf(flags), ...defended, ...figures, ...(certified && { certified }) },
      null,
      2,
    );
    if (typeof flags.json === 'string') await writeFileAtomic(flags.json, new TextEncoder().encode(`${json}\n`));
    if (flags.json === true) print(terminal, json);
    else for (const line of describe(flags, outcome, certified)) print(terminal, line);
    if (flags.state !== undefined) await removeState(flags.state);
  } finally {
    classifier.free();
    undefended.free();
    release(weights);
    device.destroy();
  }
}

const settingsOf = ({
  checkpoint,
  attack,
  norm,
  eps,
  epsStep,
  maxIter,
  th,
  nbGrads,
  seed: seeded,
  data,
}: AttackFlags) => ({
  checkpoint,
  attack,
  norm,
  eps,
  epsStep,
  maxIter,
  th,
  nbGrads,
  seed: seeded,
  data,
});

/** Where an attack goes on from, if it was begun, and what keeps its state. */
async function kept(path: string, identity: AttackIdentity) {
  return { resume: await readState(path, identity), onSave: stateWriter(path, identity) };
}

/** What a saved state must be of. */
function identityOf(
  flags: AttackFlags,
  { images, labels }: Samples,
  { parameters, state }: HostWeights,
): AttackIdentity {
  const {
    checkpoint: _,
    save: __,
    json: ___,
    state: ____,
    certify: _____,
    alpha: ______,
    dataDir: _______,
    ...decisive
  } = flags;
  const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView) =>
    new Uint8Array(buffer, byteOffset, byteLength);
  return {
    ...decisive,
    images: digest(bytesOf(images), bytesOf(labels)),
    weights: digest(...[...Object.values(parameters), ...Object.values(state)].map(bytesOf)),
  };
}

/** Pictures shown. */
const SHOWN = 10;

async function save(
  folder: string,
  classifier: Classifier,
  { images: clean, labels }: Samples,
  { images: adversarial, records }: AttackOutcome,
): Promise<void> {
  const shape = [labels.length, ...classifier.shape];
  await writeCheckpoint(join(folder, 'adversarial.safetensors'), {
    tensors: new Map([
      ['clean', { dtype: 'F32', shape, data: Float32Array.from(clean) }],
      ['adversarial', { dtype: 'F32', shape, data: Float32Array.from(adversarial) }],
      ['labels', { dtype: 'I32', shape: [labels.length], data: Int32Array.from(labels) }],
    ]),
    metadata: {},
  });
  const broken = records.flatMap(({ success }, i) => (success ? [i] : []));
  const shown = (broken.length > 0 ? broken : [...labels.keys()]).slice(0, SHOWN);
  const pixels = clean.length / labels.length;
  const of = (images: Float32Array, i: number) => images.subarray(i * pixels, (i + 1) * pixels);
  const verdicts = (images: Float32Array) =>
    verdictsOn(
      classifier,
      shown.map((i) => of(images, i)),
    );
  const [before, after] = [await verdicts(clean), await verdicts(adversarial)];
  const rows = shown.map(
    (i, k): GridRow => ({
      label: labels[i],
      clean: of(clean, i),
      adversarial: of(adversarial, i),
      before: before[k],
      after: after[k],
    }),
  );
  await writeFileAtomic(join(folder, 'grid.png'), pictureGrid(classifier.shape, rows));
}

/** The class of each image and its probability: the softmax, unless the defence tells probabilities already. */
async function verdictsOn(classifier: Classifier, images: readonly Float32Array[]): Promise<Verdict[]> {
  const all = new Float32Array(images.flatMap((image) => [...image]));
  const told = await classifier.logits(all);
  return images.map((_, i) => {
    const own = told.subarray(i * classifier.classes, (i + 1) * classifier.classes);
    const predicted = largestPlace(own);
    if (classifier.defence.probabilities) return { predicted, confidence: own[predicted] };
    const sum = own.reduce((total, logit) => total + Math.exp(logit - own[predicted]), 0);
    return { predicted, confidence: 1 / sum };
  });
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

function describe(
  { attack }: AttackFlags,
  { records, cleanAccuracy, robustAccuracy, warnings }: AttackOutcome,
  certified: Certification | null,
): string[] {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const broken = records.filter(({ success }) => success);
  const lines: (readonly [string, string])[] = [
    ['clean accuracy', percent(cleanAccuracy)],
    [`accuracy under ${attack}`, percent(robustAccuracy)],
    ['broken', `${broken.length} of ${records.length}`],
  ];
  if (broken.length > 0) {
    const of = (value: (record: (typeof records)[number]) => number) => median(broken.map(value)).toPrecision(4);
    lines.push(
      ['still broken in 8 bits', String(broken.filter(({ successAfterRounding }) => successAfterRounding).length)],
      [
        'median L0, L1, L2, L∞',
        [
          of((r) => r.distances.l0),
          of((r) => r.distances.l1),
          of((r) => r.distances.l2),
          of((r) => r.distances.linf),
        ].join(', '),
      ],
      ['median queries, gradients', [of((r) => r.cost.queries), of((r) => r.cost.gradients)].join(', ')],
      ['median seconds', of((r) => r.cost.seconds)],
    );
  }
  if (certified !== null) lines.push(...describeCertification(certified));
  return [
    ...lines.map(([name, value]) => `${name.padEnd(28)} ${value}`),
    ...warnings.map((each) => `warning: ${each}`),
  ];
}
