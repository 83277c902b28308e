import { type Command, Option } from 'commander';
import { attackWorkloads, benchPgdStep } from '../../bench/attacks.ts';
import { referenceTrainings, trainCurve } from '../../bench/curves.ts';
import { inferenceWorkloads } from '../../bench/inference.ts';
import { benchKernels, kernelWorkloads } from '../../bench/kernels.ts';
import { benchLoading } from '../../bench/loading.ts';
import { machineNow } from '../../bench/machine.node.ts';
import { benchNetworks } from '../../bench/networks.ts';
import { comparedWorkloads, comparePeers, type System } from '../../bench/peers.ts';
import type { BenchResult, Curve, Row } from '../../bench/result.ts';
import { serveWorkload } from '../../bench/serve.node.ts';
import {
  attackPeerNames,
  availableAttackPeers,
  availablePeers,
  ownSystem,
  peerNames,
} from '../../bench/systems.node.ts';
import { comparisonTable, curveLine, curveTable, describeSurroundings, suiteTable } from '../../bench/table.ts';
import { costsBesideF32, precisionWorkloads, trainingWorkloads } from '../../bench/training.ts';
import type { Workload } from '../../bench/workload.ts';
import { InputError } from '../base/errors.ts';
import { writeFileAtomic } from '../base/files.node.ts';
import type { Device } from '../engine/index.ts';
import { rooflineOf } from '../engine/measure/roofline.node.ts';
import { loadDataset } from '../models/data/load.node.ts';
import { count } from './flags/count.ts';
import { outputFile } from './flags/outputPath.ts';
import type { Surroundings } from './program/surroundings.ts';
import { reportBenchCommand } from './reportBench.ts';
import { print, printLines } from './terminal/terminal.ts';

interface SuiteFlags {
  readonly json?: string | true;
  readonly rounds: number;
  readonly workloads?: readonly string[];
  readonly fresh?: true;
}

interface PeersFlags extends SuiteFlags {
  readonly against?: readonly string[];
}

interface AttacksFlags extends PeersFlags {
  readonly python: string;
}

interface TrainingFlags extends SuiteFlags {
  readonly curves?: readonly string[];
  readonly dataDir?: string;
}

const DEFAULT_ROUNDS = 7;

/** Milliseconds of one timing: short, so that a round is over before the machine's speed changes. */
const SLICE = 250;

const list = (text: string): string[] => text.split(',').map((name) => name.trim());

/** `outlast bench SUITE`. */
export function addBenchCommand(bench: Command, around: Surroundings): void {
  const suite = (name: string, description: string) =>
    bench
      .command(name)
      .description(description)
      .option('--json [file]', 'print the figures as JSON, or write them to a file', outputFile)
      .option('--rounds <count>', 'timings of each workload', count(1, 1e6), DEFAULT_ROUNDS)
      .option('--workloads <names>', 'only these, separated by commas', list);
  const fresh = ['--fresh', 'measure the roofline again'] as const;
  suite(
    'kernels',
    'Time every kernel of a ResNet-18, and matrix product, convolution and batch norm (W1, W2f, W2fb, W3).',
  ).action((flags: SuiteFlags) => kernelsCommand(flags, around));
  suite('training', 'Time training steps of ResNet-18 (W4m, W4), or train to the end.')
    .option(...fresh)
    .option('--curves <names>', 'whole trainings instead, which take minutes: mnist, cifar10', list)
    .option('--data-dir <folder>', 'with --curves: folder of the official files of the data set')
    .action((flags: TrainingFlags) =>
      flags.curves === undefined
        ? networksCommand(trainingWorkloads, flags, around)
        : curvesCommand(flags.curves, flags, around),
    );
  suite('precision', 'Time a training step of ResNet-18 (W4m) in every precision, and say what each costs beside f32.')
    .option(...fresh)
    .action((flags: SuiteFlags) => precisionCommand(flags, around));
  suite('inference', 'Time inference of ResNet-18 (W5m, W5).')
    .option(...fresh)
    .action((flags: SuiteFlags) => networksCommand(inferenceWorkloads, flags, around));
  suite('loading', 'Time the loading of a batch against the training step that takes it (W4m, W4).').action(
    (flags: SuiteFlags) => loadingCommand(flags, around),
  );
  suite(
    'peers',
    'Compare with jax-js, TensorFlow.js and ONNX Runtime on this adapter, and with PyTorch on the processor.',
  )
    .option('--against <systems>', `only these of ${peerNames.join(', ')}`, list)
    .option(...fresh)
    .action((flags: PeersFlags) => peersCommand(flags, around));
  suite(
    'attacks',
    'Compare PGD and HopSkipJump with jax-js on this adapter, and with Foolbox and ART on the processor.',
  )
    .option('--against <systems>', `only these of ${attackPeerNames.join(', ')}`, list)
    .addOption(
      new Option('--python <program>', 'Python with PyTorch, Foolbox and ART').env('OUTLAST_PYTHON').default('python3'),
    )
    .option(...fresh)
    .action((flags: AttacksFlags) => attacksCommand(flags, around));
  bench
    .command('report')
    .description('Time the report of a run of 10,000 trials, and its first paint in Chromium.')
    .option('--json', 'print the figures as JSON')
    .action((flags: { json?: boolean }) => reportBenchCommand(flags, around));
  bench.command('serve <workload>', { hidden: true }).action((name: string) => serveCommand(name, around));
}

/** The workloads whose names were given. @throws InputError for a name that is none */
function choose(workloads: readonly Workload[], names: readonly string[] | undefined): readonly Workload[] {
  if (names === undefined) return workloads;
  const known = workloads.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new InputError(`bench: "${unknown}" is no workload; there are ${known.join(', ')}`);
  return workloads.filter(({ name }) => names.includes(name));
}

async function kernelsCommand(flags: SuiteFlags, around: Surroundings): Promise<void> {
  const workloads = choose(kernelWorkloads(), flags.workloads);
  await measureAndShow(workloads, flags, around, (device, rounds) => benchKernels(device, workloads, rounds));
}

async function networksCommand(all: readonly Workload[], flags: SuiteFlags, around: Surroundings): Promise<void> {
  const workloads = choose(all, flags.workloads);
  await measureAndShow(workloads, flags, around, async (device, rounds) => {
    const { rows } = await benchNetworks(device, workloads, rounds, await roofline(device, flags, around));
    return rows;
  });
}

async function curvesCommand(names: readonly string[], flags: TrainingFlags, around: Surroundings): Promise<void> {
  const chosen = names.map((name) => {
    const known = referenceTrainings.find((each) => each.name === name);
    if (known === undefined) throw new InputError(`bench: "${name}" is no training; there are mnist, cifar10`);
    return known;
  });
  const say = warner(around);
  const device = await around.openDevice();
  try {
    const surroundings = { adapter: device.adapter, kernels: device.profile.tuning?.identity, machine: machineNow() };
    const curves: Curve[] = [];
    for (const reference of chosen) {
      say(reference.description);
      const dataset = await loadDataset({ name: reference.name }, { dataDir: flags.dataDir });
      curves.push(await trainCurve(device, dataset, reference, (epoch) => say(curveLine(epoch))));
    }
    const table = [...describeSurroundings(surroundings), ...curves.flatMap(curveTable)];
    await show({ ...surroundings, rows: [], ratios: [], curves }, table, flags, around);
  } finally {
    device.destroy();
  }
}

async function precisionCommand(flags: SuiteFlags, around: Surroundings): Promise<void> {
  const workloads = choose(precisionWorkloads, flags.workloads);
  let costs: readonly string[] = [];
  await measureAndShow(workloads, flags, around, async (device, rounds) => {
    const { rows, timings } = await benchNetworks(device, workloads, rounds, await roofline(device, flags, around));
    const names = workloads.map(({ name }) => name);
    costs = costsBesideF32(names, timings);
    return rows;
  });
  if (flags.json !== true) printLines(around.terminal, costs);
}

async function loadingCommand(flags: SuiteFlags, around: Surroundings): Promise<void> {
  const workloads = choose(trainingWorkloads, flags.workloads);
  let shares: readonly string[] = [];
  await measureAndShow(workloads, flags, around, async (device, rounds) => {
    const measured = await benchLoading(device, workloads, rounds);
    shares = measured.shares;
    return measured.rows;
  });
  if (flags.json !== true) printLines(around.terminal, shares);
}

const warner =
  ({ terminal: { stderr } }: Surroundings) =>
  (line: string): void => {
    stderr.write(`outlast: ${line}\n`);
  };

const roofline = (device: Device, { fresh }: SuiteFlags, around: Surroundings) =>
  rooflineOf(device, { fresh, warn: warner(around) });

/** Times on this process's device, and prints a table or JSON. */
async function measureAndShow(
  workloads: readonly Workload[],
  flags: SuiteFlags,
  around: Surroundings,
  measure: (device: Device, rounds: { rounds: number; slice: number }) => Promise<Row[]>,
): Promise<void> {
  const device = await around.openDevice();
  try {
    const surroundings = { adapter: device.adapter, kernels: device.profile.tuning?.identity, machine: machineNow() };
    const rows = await measure(device, { rounds: flags.rounds, slice: SLICE });
    const descriptions = new Map(workloads.map(({ name, description }) => [name, description]));
    const table = [...describeSurroundings(surroundings), ...suiteTable(rows, descriptions)];
    await show({ ...surroundings, rows, ratios: [] }, table, flags, around);
  } finally {
    device.destroy();
  }
}

/** Writes the figures where they were asked for, and prints a table unless they are printed themselves. */
async function show(
  result: BenchResult,
  table: readonly string[],
  { json }: SuiteFlags,
  { terminal }: Surroundings,
): Promise<void> {
  const figures = JSON.stringify(result, null, 2);
  if (json === true) return print(terminal, figures);
  if (json !== undefined) await writeFileAtomic(json, `${figures}\n`);
  printLines(terminal, table);
}

/** The systems whose names were given. @throws InputError for a name that is none */
function chooseSystems(
  suite: string,
  names: readonly string[] | undefined,
  known: readonly string[],
): readonly string[] {
  const unknown = names?.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new InputError(`bench ${suite}: "${unknown}" is no system; there are ${known.join(', ')}`);
  return names ?? known;
}

async function peersCommand(flags: PeersFlags, around: Surroundings): Promise<void> {
  const workloads = choose(comparedWorkloads, flags.workloads);
  const chosen = chooseSystems('peers', flags.against, peerNames);
  const alone = async () => ({ rows: [], lines: [] });
  await compareAndShow(workloads, flags, around, alone, (say) => availablePeers(chosen, say));
}

async function attacksCommand(flags: AttacksFlags, around: Surroundings): Promise<void> {
  const workloads = choose(attackWorkloads, flags.workloads);
  const chosen = chooseSystems('attacks', flags.against, attackPeerNames);
  const alone = async (device: Device) => {
    if (!workloads.some(({ name }) => name === 'A1')) return { rows: [], lines: [] };
    const { rows, share } = await benchPgdStep(device, flags.rounds);
    const percent = `${(100 * share).toFixed(1)} %`;
    const line = `of a PGD step's time on the device, outside the forward and backward pass: ${percent}`;
    return { rows, lines: [...suiteTable(rows, new Map()), line] };
  };
  await compareAndShow(workloads, flags, around, alone, (say) => availableAttackPeers(chosen, flags.python, say));
}

/** Compares outlast with other systems. @param alone measures before, on this process's device */
async function compareAndShow(
  workloads: readonly Workload[],
  flags: PeersFlags,
  around: Surroundings,
  alone: (device: Device) => Promise<{ readonly rows: readonly Row[]; readonly lines: readonly string[] }>,
  systems: (say: (line: string) => void) => Promise<readonly System[]>,
): Promise<void> {
  const say = warner(around);
  const device = await around.openDevice();
  const surroundings = { adapter: device.adapter, kernels: device.profile.tuning?.identity, machine: machineNow() };
  // The device is closed before the comparison: outlast runs in a process of its own, like the others.
  const measured = async () => ({ ceiling: await roofline(device, flags, around), own: await alone(device) });
  const { ceiling, own } = await measured().finally(() => device.destroy());
  const tell = (lines: readonly string[]) => {
    if (flags.json !== true) printLines(around.terminal, lines);
  };
  tell([...describeSurroundings(surroundings), ...own.lines]);
  const compared = await comparePeers({
    ours: ownSystem(device.profile.tuning !== null),
    peers: await systems(say),
    workloads,
    rounds: flags.rounds,
    roofline: ceiling,
    say,
    onReady: ({ name }, ready) => say(`${name}: timing ${ready.join(', ')}, ${flags.rounds} rounds`),
    // The slowest systems take minutes a workload: what is known is shown at once.
    onCompared: (workload, result) => tell(result.rows.length > 0 ? comparisonTable(result, workload) : []),
  });
  const ratios = compared.ratios.map(({ workload, system, against, ratio }) => ({ workload, system, against, ratio }));
  await show({ ...surroundings, rows: [...own.rows, ...compared.rows], ratios }, [], flags, around);
  const missing = workloads.filter(({ name }) => !compared.rows.some(({ workload }) => workload === name));
  if (missing.length > 0) throw new Error(`outlast itself failed on ${missing.map(({ name }) => name).join(', ')}`);
}

async function serveCommand(name: string, around: Surroundings): Promise<void> {
  const [workload] = choose([...comparedWorkloads, ...attackWorkloads], [name]);
  const device = await around.openDevice();
  try {
    await serveWorkload(device, workload);
  } finally {
    device.destroy();
  }
}
