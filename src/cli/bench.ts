import { type Command, Option } from 'commander';
import { inferenceWorkloads } from '../../bench/inference.ts';
import { FEWEST_ROUNDS } from '../../bench/soak/tenths.ts';
import { attackPeerNames, filePeerNames, peerNames } from '../../bench/systems.node.ts';
import { trainingWorkloads } from '../../bench/training.ts';
import { attacksCommand, peersCommand, serveCommand } from './bench/compared.ts';
import { filesCommand } from './bench/files.ts';
import { curvesCommand, kernelsCommand, loadingCommand, networksCommand, precisionCommand } from './bench/own.ts';
import { reportBenchCommand } from './bench/report.ts';
import { DEFAULT_MINUTES, DEFAULT_MOST_GROWTH, type SoakFlags, soakCommand } from './bench/soak.ts';
import type { AttacksFlags, PeersFlags, SuiteFlags, TrainingFlags } from './bench/suite.ts';
import { count } from './flags/count.ts';
import { number } from './flags/number.ts';
import { outputFile } from './flags/outputPath.ts';
import type { Surroundings } from './program/surroundings.ts';

const DEFAULT_ROUNDS = 7;

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
    'Compare with jax-js, borch.ts, TensorFlow.js and ONNX Runtime on this adapter, and with PyTorch on the processor.',
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
    .command('networks [networks...]')
    .description(
      "Compare networks of ONNX files with ONNX Runtime on this adapter and on the processor: one image at a time; the first result, with an empty shader cache, and the memory until then. Named are files, ONNX's own light_*, or members of families, which are written with random weights.",
    )
    .option('--json [file]', 'print the figures as JSON, or write them to a file', outputFile)
    .option('--rounds <count>', 'timings of each network', count(1, 1e6), DEFAULT_ROUNDS)
    .option('--against <systems>', `only these of ${filePeerNames.join(', ')}`, list)
    .addOption(
      new Option('--python <program>', 'Python with ONNX, for light_*').env('OUTLAST_PYTHON').default('python3'),
    )
    .option(...fresh)
    .action((names: string[], flags: AttacksFlags) => filesCommand(names, flags, around));
  bench
    .command('report')
    .description('Time the report of a run of 10,000 trials, and its first paint in Chromium.')
    .option('--json', 'print the figures as JSON')
    .action((flags: { json?: boolean }) => reportBenchCommand(flags, around));
  bench
    .command('soak')
    .description(
      'Train, attack, fit, compile and free for hours in one process, and say by tenths whether its memory grows.',
    )
    .option('--minutes <count>', `how long; ${DEFAULT_MINUTES} unless given`, count(1, 100_000))
    .option('--rounds <count>', 'in place of --minutes: so many rounds of all that it does', count(FEWEST_ROUNDS, 1e6))
    .option(
      '--most-growth <factor>',
      'exit code 1 where resident memory, last tenth over first, is above',
      number,
      DEFAULT_MOST_GROWTH,
    )
    .option('--json [file]', 'print the figures as JSON, or write them to a file', outputFile)
    .action((flags: SoakFlags) => soakCommand(flags, around));
  bench.command('serve <workload>', { hidden: true }).action((name: string) => serveCommand(name, around));
}
