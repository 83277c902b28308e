import { mkdtemp, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { holdMachine, type TrialResult } from '../analysis/study/index.ts';
import { type WorkEvent, workQueue } from '../analysis/study/queue/work.node.ts';
import { explainFileError } from '../base/files.node.ts';
import type { DataDir } from '../models/data/load.node.ts';
import { parseDataDir } from './flags/dataDir.ts';
import { outputFolder } from './flags/outputPath.ts';
import { codeVersion } from './program/codeVersion.ts';
import type { Surroundings } from './program/surroundings.ts';
import { connectQueue } from './study/queue.ts';

interface WorkerFlags {
  readonly queue: string;
  readonly dataDir?: DataDir;
  readonly scratch: string;
  readonly grace: number;
  readonly stalledAfter: number;
}

/** `outlast worker --queue URL`. */
export function addWorkerCommand(command: Command, around: Surroundings): void {
  command
    .requiredOption('--queue <url>', 'Redis that holds the trials: redis://host:port[/db]')
    .addOption(
      new Option(
        '--data-dir <[name=]folder>',
        "folder of the data set's official files, as of `outlast study run`",
      ).argParser(parseDataDir),
    )
    .addOption(
      new Option('--scratch <folder>', 'where files of the trial in hand are written')
        .argParser(outputFolder)
        .default(tmpdir(), "the system's folder for temporary files"),
    )
    .addOption(
      new Option('--grace <seconds>', 'how long the trial in hand may go on after SIGTERM, before it is handed back')
        .argParser(seconds(0))
        .default(20),
    )
    .addOption(
      new Option(
        '--stalled-after <seconds>',
        'silence after which a worker counts as dead and its trial goes to another',
      )
        .argParser(seconds(1))
        .default(60),
    )
    .action((flags: WorkerFlags) => workerCommand(flags, around));
}

/** What asks a worker to end: a system or a queue that stops, Ctrl-C, a terminal that is closed. */
const SIGNALS: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT', 'SIGHUP'];

const seconds =
  (least: number) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() === '' || !(value >= least && value <= 1e6))
      throw new InvalidArgumentError(`It is a number of seconds from ${least}.`);
    return value;
  };

async function workerCommand(flags: WorkerFlags, around: Surroundings): Promise<void> {
  const { stderr } = around.terminal;
  const say = (line: string) => stderr.write(`${line}\n`);
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  for (const signal of SIGNALS) process.once(signal, onSignal);
  const version = codeVersion(around);
  const name = `${hostname()}/${process.pid}`;
  const connection = await connectQueue(flags.queue, around);
  let mayCompute = false;
  try {
    const scratch = await makeScratch(flags.scratch);
    try {
      const machine = holdMachine(() => around.openMachine(flags.dataDir));
      const { name: adapter, backend } = await machine.adapter();
      say(`worker ${name} of outlast ${version} on ${adapter}, ${backend}; trials from ${connection.shown}`);
      mayCompute = true;
      const { abandoned } = await workQueue({
        connection,
        machine,
        version,
        name,
        scratch,
        stalledAfterSeconds: flags.stalledAfter,
        graceSeconds: flags.grace,
        stop: stop.signal,
        onEvent: speaker(version, say),
      });
      if (abandoned) return;
      mayCompute = false;
      await machine.close();
      say('stopped');
    } finally {
      // A trial in hand may still write there; that the folder is left is no reason to hide why the worker ends.
      await rm(scratch, { recursive: true, force: true, maxRetries: 3 }).catch((error: Error) =>
        say(`outlast: cannot remove ${scratch}: ${error.message}`),
      );
    }
  } finally {
    connection.close();
    for (const signal of SIGNALS) process.off(signal, onSignal);
    // A trial may still be in hand, handed back or that of a lost Redis, and only the end of the process stops it. What is left to say is
    // said before, and the exit code set.
    if (mayCompute) setImmediate(() => process.exit());
  }
}

/** Checks the folder of the results. @throws InputError when it is missing or cannot be written */
async function makeScratch(folder: string): Promise<string> {
  try {
    return await mkdtemp(join(folder, 'outlast-worker-'));
  } catch (error) {
    throw explainFileError(error, 'write', folder);
  }
}

/** One line an event, with the rate since the first trial. */
function speaker(version: string, say: (line: string) => void): (event: WorkEvent) => void {
  let began = 0;
  let trials = 0;
  let images = 0;
  return (event) => {
    switch (event.type) {
      case 'started':
        began ||= performance.now();
        return;
      case 'finished': {
        trials++;
        images += imagesShown(event.finished.result);
        const elapsed = (performance.now() - began) / 1000;
        const rate = `${((60 * trials) / elapsed).toPrecision(3)} trials/min, ${Math.round(images / elapsed)} images/s`;
        return say(`[${trials}] ${event.label} (${event.seconds.toFixed(1)} s); ${rate}`);
      }
      case 'failed':
        return say(`${event.label}: FAILED: ${event.message}${event.again ? '; it is tried again' : ''}`);
      case 'handed back':
        return say(`${event.label}: handed back, another worker takes it`);
      case 'warning':
        return say(`outlast: ${event.line}`);
      case 'other versions':
        return say(
          `outlast: the runs on this Redis are of outlast ${event.versions.join(', ')}, ` +
            `this worker is ${version}: it takes no trial of theirs`,
        );
    }
  };
}

/** Images that a trial showed to its model, to train or to attack. */
function imagesShown(result: TrialResult): number {
  return result.kind === 'train'
    ? (result.trainQueries ?? result.trainSamples * result.epochs.length)
    : result.records.reduce((sum, { cost }) => sum + cost.queries, 0);
}
