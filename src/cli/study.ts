import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { interval, number } from '../analysis/report/format.ts';
import { readable } from '../analysis/report/names.ts';
import type { Report } from '../analysis/report/report.ts';
import { scoredLines, verdictSentence } from '../analysis/report/verdict.ts';
import { type WrittenReport, writeReport } from '../analysis/report/write.node.ts';
import { describeTrial, labelsOf } from '../analysis/study/label.ts';
import type { ParsedStudy } from '../analysis/study/parse.ts';
import { readStudy } from '../analysis/study/read.node.ts';
import { planTrials, type RunOutcome, readFinished, runStudy } from '../analysis/study/run.ts';
import { openRun, readRun } from '../analysis/study/store.node.ts';
import { runProgress } from './progress.ts';
import type { Surroundings } from './surroundings.ts';
import { print, type Terminal } from './terminal.ts';

interface RunFlags {
  readonly out?: string;
  readonly dataDir?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** `outlast study run FILE` and `outlast study report DIR`. */
export function addStudyCommand(program: Command, around: Surroundings): void {
  const study = program
    .command('study')
    .description('Run a study (grids of models, defences and attacks) and report on it.');
  study
    .command('run')
    .description('Compute the trials of a study that are missing, then write its report.')
    .argument('<file>', 'study file (YAML), as docs/study.md describes it')
    .option('-o, --out <folder>', 'folder of the results (default: runs/NAME, after the name of the study)')
    .option('--data-dir <folder>', "folder of the data set's official files (default: the copy that npm installed)")
    .addOption(
      new Option('--dry-run', 'list the trials and whether they are there; compute and write nothing').conflicts(
        'json',
      ),
    )
    .option('--json', 'print the report as JSON')
    .action((file: string, flags: RunFlags) => runCommand(file, flags, around));
  study
    .command('report')
    .description('Write the report of a run again from its finished trials.')
    .argument('<folder>', 'folder of the results, such as runs/quickstart')
    .option('--json', 'print the report as JSON')
    .action((folder: string, flags: Pick<RunFlags, 'json'>) => reportCommand(folder, flags, around.terminal));
}

async function runCommand(file: string, { out, dryRun, json, dataDir }: RunFlags, around: Surroundings): Promise<void> {
  const { terminal } = around;
  const parsed = await readStudy(file);
  const folder = out ?? join('runs', parsed.study.name);
  if (dryRun) return listTrials(parsed, folder, terminal);
  const run = await openRun(folder, parsed);
  try {
    const progress = runProgress(terminal, labelsOf(parsed.study));
    let outcome: RunOutcome;
    try {
      outcome = await runStudy(parsed.study, {
        store: run.store,
        openMachine: () => around.openMachine(dataDir),
        onEvent: progress.onEvent,
      });
    } finally {
      progress.stop();
    }
    if (outcome.finished.length > 0) {
      printReport(await writeReport(folder, outcome.finished, parsed.study), json, terminal);
    }
    const { failed } = outcome;
    if (failed.length > 0) {
      const total = outcome.finished.length + failed.length;
      throw new Error(
        `${failed.length} of ${total} trials failed (${join(folder, 'trials')}/*.error.json); the first: ${failed[0].message}`,
      );
    }
  } finally {
    run.close();
  }
}

async function listTrials({ study }: ParsedStudy, folder: string, terminal: Terminal): Promise<void> {
  const labels = labelsOf(study);
  const planned = await planTrials(study);
  const store = existsSync(join(folder, 'study.json')) ? (await readRun(folder)).store : null;
  let missing = 0;
  for (const { id, trial } of planned) {
    const finished = (await store?.read(id, trial)) ?? null;
    if (finished === null) missing++;
    print(terminal, `${id}  ${finished === null ? 'missing ' : 'finished'}  ${describeTrial(trial, labels)}`);
  }
  print(terminal, `${planned.length} trials, ${missing} to compute, in ${folder}`);
}

async function reportCommand(folder: string, { json }: Pick<RunFlags, 'json'>, terminal: Terminal): Promise<void> {
  const { parsed, store } = await readRun(folder);
  printReport(await writeReport(folder, await readFinished(parsed.study, store), parsed.study), json, terminal);
}

function printReport({ report, page }: WrittenReport, json: boolean | undefined, terminal: Terminal): void {
  if (json) print(terminal, JSON.stringify(report, null, 2));
  else for (const line of summary(report, page)) print(terminal, line);
}

/** The verdict on a terminal. */
function summary({ trash }: Report, page: string): string[] {
  const lines = scoredLines(trash).map(({ model, defence, value, lower, upper }) => ({
    name: `${model}, ${readable(defence)}`,
    score: `TRASH ${number(value)} (95 % interval ${interval(lower, upper)})`,
  }));
  const width = lines.reduce((widest, { name }) => Math.max(widest, name.length), 0);
  return [
    verdictSentence(trash),
    ...lines.map(({ name, score }) => `  ${name.padEnd(width)}  ${score}`),
    `Report: ${page}`,
  ];
}
