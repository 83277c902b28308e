import { join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  ATTACKBENCH_BUDGET,
  bestOf,
  createClassifier,
  noDefence,
  randomisedSmoothing,
  runNamed,
  type Samples,
  type SavedAttack,
  type UnionRadii,
} from '../analysis/robustness/index.ts';
import { InputError } from '../base/errors.ts';
import { writeFileAtomic } from '../base/files.node.ts';
import { accepts, rangeText } from '../base/parameter.ts';
import { type HostWeights, type ImageShape, release, upload } from '../models/index.ts';
import { openModel } from '../models/open.node.ts';
import { BEST_OF, checkBestOf, leading } from './attack/bestOf.ts';
import { type CertificationSettings, certifier } from './attack/certification.ts';
import { DEFENCE_FORMS, readDefence } from './attack/defence.ts';
import { figuresOf } from './attack/figures.ts';
import { type AttackChoice, type PlannedAttack, plannedAttacks, withAttackFlags } from './attack/flags.ts';
import { chooseImages, guessing, type ImageFlags, imageSizeOf, splitOption } from './attack/images.ts';
import {
  checkProtocol,
  describeProtocol,
  PROTOCOLS,
  type Protocol,
  protocolFigures,
  runProtocol,
  saveProtocol,
} from './attack/protocol.ts';
import { saveTables } from './attack/records.ts';
import { saveImages } from './attack/save.ts';
import { type AttackIdentity, digest, goingOn, readState, removeState, stateWriter } from './attack/stateFile.ts';
import { type AttackRun, describeRun, describeRuns } from './attack/text.ts';
import { describeWorstCase, unionRadii, worstCaseOf } from './attack/within.ts';
import { withDataFlags } from './flags/dataFlags.ts';
import { fraction } from './flags/fraction.ts';
import { type ModelFileFlags, modelFileOf, withModelFile } from './flags/modelFile.ts';
import { wholeNumber } from './flags/modelFlags.ts';
import { outputFile, outputFolder } from './flags/outputPath.ts';
import {
  normalisationWarnings,
  type PreprocessingFlags,
  preprocessingOf,
  withPreprocessingFlags,
} from './flags/preprocessingFlags.ts';
import type { Surroundings } from './program/surroundings.ts';
import { print, printLines } from './terminal/terminal.ts';

/** What certificates are made with, of a randomised smoothing. */
const CERTIFICATES = randomisedSmoothing.parameters;

interface AttackFlags extends AttackChoice, ImageFlags, PreprocessingFlags {
  readonly batch: number;
  readonly defence?: string;
  readonly protocol?: Protocol;
  readonly passes?: number;
  readonly eot?: number;
  readonly certify?: number;
  readonly alpha?: number;
  readonly maxSeconds?: number;
  readonly maxQueries?: number;
  readonly maxGradients?: number;
  readonly within?: UnionRadii;
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
export function addAttackCommand(command: Command, around: Surroundings): void {
  withModelFile(command);
  withPreprocessingFlags(command);
  withAttackFlags(command)
    .option('--samples <count>', 'class-balanced images; without it 100, or as many as there are', wholeNumber)
    .option('--batch <images>', 'images attacked together', wholeNumber, 100)
    .option('--seed <number>', 'decides the images and everything random', seed, 0);
  withDataFlags(command, undefined)
    .addOption(splitOption())
    .option('--defence <name>', DEFENCE_FORMS)
    .addOption(
      new Option(
        '--protocol <name>',
        'compare the attacks by this protocol, in place of one strength: attackbench counts passes and scores optimality',
      ).choices(PROTOCOLS),
    )
    .option(
      '--passes <count>',
      `most forward and backward passes for an image under --protocol (${ATTACKBENCH_BUDGET})`,
      wholeNumber,
    )
    .option('--eot <draws>', 'average all that is asked over so many draws of a random defence', wholeNumber)
    .option(
      '--certify <copies>',
      `noisy copies that certify an image under randomised-smoothing (${CERTIFICATES.n.default})`,
      wholeNumber,
    )
    .option('--alpha <risk>', `how often a certificate may be wrong (${CERTIFICATES.alpha.default})`, fraction)
    .option(
      '--within <norm:distance>',
      'also tell what no attack breaks within a distance of any of several norms, as inf:8/255,2:0.5',
      unionRadii,
    )
    .option('--max-seconds <seconds>', 'most that is spent on an image', fraction)
    .option('--max-queries <count>', 'most that an image is asked about', wholeNumber)
    .option('--max-gradients <count>', 'most gradients for an image', wholeNumber)
    .option(
      '--save <folder>',
      'write there the adversarial images, a picture of some, a table of all and the robustness curve',
      outputFolder,
    )
    .option(
      '--state <file>',
      'keep in this file how far the attack is, and go on from there when it is started again',
      outputFile,
    )
    .option('--json [file]', 'print the figures and every image’s record as JSON, or write them to a file', outputFile)
    .action((file: string | undefined, flags: Omit<AttackFlags, 'checkpoint'> & ModelFileFlags) =>
      attackCommand({ ...flags, checkpoint: modelFileOf('attack', file, flags) }, around),
    );
}

/** What is certified, if anything is. @throws InputError when flags are given that the defence has no use for */
function smoothingOf(
  { eot, certify, alpha }: AttackFlags,
  { spec, defence }: ReturnType<typeof readDefence>,
): Smoothing | null {
  if (eot !== undefined && !defence.random)
    throw new InputError(`attack: --eot averages over a defence that answers at random; ${defence.name} does not`);
  if (alpha !== undefined && !accepts(CERTIFICATES.alpha, alpha))
    throw new InputError(`attack: --alpha is ${alpha}; it must be ${rangeText(CERTIFICATES.alpha)}`);
  if (spec.name === 'randomised-smoothing')
    return { sigma: spec.sigma, n0: spec.n0, n: certify ?? spec.n, alpha: alpha ?? spec.alpha };
  if (certify !== undefined || alpha !== undefined)
    throw new InputError(`attack: --certify and --alpha are for --defence randomised-smoothing, not ${defence.name}`);
  return null;
}

type Smoothing = Omit<CertificationSettings, 'seed'>;

async function attackCommand(flags: AttackFlags, { terminal, openDevice }: Surroundings): Promise<void> {
  const planned = plannedAttacks(flags);
  checkProtocol(flags, planned);
  checkBestOf(flags, planned);
  if (flags.state !== undefined && planned.length > 1)
    throw new InputError(
      'attack: --state keeps one attack at one strength; leave it out, or give one --attack and --eps',
    );
  const chosen = readDefence(flags.defence);
  const { defence } = chosen;
  const smoothing = smoothingOf(flags, chosen);
  const saved = await openModel(flags.checkpoint, { ...preprocessingOf(flags), images: () => imageSizeOf(flags) });
  const images = await chooseImages(flags, saved);
  const { samples, dataset } = images;
  const shape: ImageShape = [dataset.channels, dataset.height, dataset.width];
  const device = await openDevice();
  const weights = upload(device, saved.model, saved.weights);
  const { seed, eot: expectationSamples } = flags;
  const classifier = createClassifier(device, saved.model, weights, { shape, defence, seed, expectationSamples });
  const undefended = createClassifier(device, saved.model, weights, { shape, defence: noDefence });
  try {
    if (flags.protocol !== undefined) {
      const runs = await runProtocol(classifier, samples, planned, flags);
      if (flags.save !== undefined) await saveProtocol(flags.save, runs, samples, { ...flags, data: images.data });
      const budget = flags.passes ?? ATTACKBENCH_BUDGET;
      const figures = { protocol: flags.protocol, budget, runs: protocolFigures(runs) };
      const json = JSON.stringify({ checkpoint: flags.checkpoint, data: images.data, seed, ...figures }, null, 2);
      if (typeof flags.json === 'string') await writeFileAtomic(flags.json, `${json}\n`);
      if (flags.json === true) return print(terminal, json);
      const doubts = [...saved.notes, ...normalisationWarnings(flags.checkpoint, saved), ...images.warnings];
      return printLines(terminal, [...describeProtocol(runs), ...doubts.map((each) => `warning: ${each}`)]);
    }
    const classNames = dataset.classNames ?? saved.trainedOn?.classNames ?? undefined;
    const runs: AttackRun[] = [];
    const certify = smoothing && (await certifier(undefended, samples, { ...smoothing, seed }));
    for (const attack of flags.bestOf ? [leading(planned)] : planned) {
      // What an attack comes to must not depend on those before it.
      classifier.restart(seed);
      const begun: Begun =
        flags.state === undefined ? {} : await kept(flags.state, identityOf(flags, attack, samples, saved.weights));
      const { batch: batchSize, maxSeconds, maxQueries, maxGradients } = flags;
      const options = { seed, batchSize, maxSeconds, maxQueries, maxGradients };
      const together = flags.bestOf ? await bestOf(classifier, samples, planned, options) : undefined;
      const outcome =
        together ??
        (await goingOn(begun.resume && flags.state, () =>
          runNamed(attack.name, classifier, samples, { ...attack.settings, ...begun, ...options }),
        ));
      if (flags.save !== undefined)
        await saveImages(
          join(flags.save, planned.length > 1 && !flags.bestOf ? runName(attack) : ''),
          classifier,
          samples,
          outcome,
          classNames,
        );
      runs.push({
        ...{ title: flags.bestOf ? BEST_OF : attack.name, planned: attack, outcome },
        ...(together && { bestOf: { attacks: planned, brokenBy: together.brokenBy } }),
        certified: certify && (await certify(outcome.images)),
      });
    }
    if (flags.save !== undefined) await saveTables(flags.save, runs, images.places, classNames);
    const { name, differentiable, random } = defence;
    const shared = {
      ...{ checkpoint: flags.checkpoint, normalisation: saved.normalisation },
      ...{ data: images.data, split: images.split, classNames: classNames ?? null, seed },
      ...{ defence: name, differentiable, random, expectationSamples: classifier.expectationSamples },
    };
    const doubts = [
      ...saved.notes,
      ...normalisationWarnings(flags.checkpoint, saved),
      ...images.warnings,
      ...guessing(runs[0].outcome, samples.labels),
    ];
    const figures = runs.map((run) => figuresOf(run, doubts, images.places));
    const together = flags.within && worstCaseOf(runs, flags.within);
    const worst = together && { worstCase: together };
    const json = JSON.stringify(
      { ...shared, ...worst, ...(figures.length > 1 ? { runs: figures } : figures[0]) },
      null,
      2,
    );
    if (typeof flags.json === 'string') await writeFileAtomic(flags.json, new TextEncoder().encode(`${json}\n`));
    if (flags.json === true) print(terminal, json);
    else {
      const warnings = new Set([...doubts, ...runs.flatMap(({ outcome }) => outcome.warnings)]);
      printLines(terminal, [
        ...(runs.length > 1 ? describeRuns(runs) : describeRun(runs[0])),
        ...(together ? [describeWorstCase(together)] : []),
        ...[...warnings].map((each) => `warning: ${each}`),
      ]);
    }
    if (flags.state !== undefined) await removeState(flags.state);
  } finally {
    classifier.free();
    undefended.free();
    release(weights);
    device.destroy();
  }
}

/** A name for the files of one of several runs: `pgd-inf-0.01`. */
function runName({ name, settings: { norm, eps, th } }: PlannedAttack): string {
  const strength = eps ?? th;
  return [name, norm, ...(strength === undefined ? [] : [Number(strength.toPrecision(6))])].join('-');
}

/** Where an attack goes on from, if it was begun, and what keeps its state; neither where nothing is kept. */
interface Begun {
  readonly resume?: SavedAttack;
  readonly onSave?: ReturnType<typeof stateWriter>;
}

/** What a file keeps of an attack. @throws InputError as `readState` does */
async function kept(path: string, identity: AttackIdentity): Promise<Begun> {
  return { resume: await readState(path, identity), onSave: stateWriter(path, identity) };
}

/** What a saved state must be of. */
function identityOf(
  { samples, batch, seed, data, split, mean, std, defence, eot, maxSeconds, maxQueries, maxGradients }: AttackFlags,
  { name, settings }: PlannedAttack,
  { images, labels }: Samples,
  { parameters, state }: HostWeights,
): AttackIdentity {
  const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView) =>
    new Uint8Array(buffer, byteOffset, byteLength);
  return {
    ...{ attack: name, ...settings },
    ...{ mean: mean?.join(), std: std?.join() },
    ...{ samples, batch, seed, data, split, defence, eot, maxSeconds, maxQueries, maxGradients },
    images: digest(bytesOf(images), bytesOf(labels)),
    weights: digest(...[...Object.values(parameters), ...Object.values(state)].map(bytesOf)),
  };
}
