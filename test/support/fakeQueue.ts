/* Runs and workers over a queue in the test's own process, on a machine without a GPU. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type ParsedStudy, parseStudy } from '../../src/analysis/study/file/parse.ts';
import type { Connection } from '../../src/analysis/study/queue/connection.node.ts';
import { produceStudy } from '../../src/analysis/study/queue/produce.node.ts';
import type { ProduceOptions } from '../../src/analysis/study/queue/production.node.ts';
import { type WorkEvent, type WorkOptions, workQueue } from '../../src/analysis/study/queue/work.node.ts';
import { holdMachine, type RunTrial } from '../../src/analysis/study/run/machine.ts';
import type { RunEvent } from '../../src/analysis/study/run/run.ts';
import { openRun } from '../../src/analysis/study/store/store.node.ts';
import { fakeAdapter, fakeRunTrial } from './fakeTrials.ts';

/** A study of one training with so many attacks. @param limits YAML, such as `limits: { trials: 1 }` */
export const studyOf = (attacks: number, limits = ''): ParsedStudy =>
  parseStudy(
    `name: fake
data: { name: mnist, train: 600, test: 1000 }
models: { depth: 18, width: 16 }
training: { epochs: 1, batch_size: 64, learning_rate: 0.05 }
control: false
attacks: [{ name: fgm, eps: [${Array.from({ length: attacks }, (_, i) => (i + 1) / 100)}] }]
${limits}
`,
    'fake.yaml',
  );

/** Starts a run; it is told apart from others by the folder's name. */
export async function produce(
  parsed: ParsedStudy,
  folder: string,
  connection: Connection,
  options: Pick<ProduceOptions, 'onEvent'> = {},
) {
  const events: RunEvent[] = [];
  const notes: string[] = [];
  const outcome = produceStudy(parsed.study, {
    store: await openRun(folder, parsed),
    connection,
    version: 'test',
    run: folder,
    label: ({ kind }) => kind,
    onEvent: (event) => events.push(event),
    onNote: (line) => notes.push(line),
    ...options,
  });
  return { outcome, events, notes };
}

/** Starts a worker. */
export function work(
  connection: Connection,
  scratch: string,
  options: Partial<Pick<WorkOptions, 'graceSeconds' | 'stalledAfterSeconds'>> & {
    runTrial?: RunTrial;
  } = {},
) {
  const { runTrial = fakeRunTrial, ...others } = options;
  const events: WorkEvent[] = [];
  const stop = new AbortController();
  const folder = join(scratch, `worker-${Math.random()}`);
  mkdirSync(folder);
  const ended = workQueue({
    connection,
    machine: holdMachine(async () => ({ adapter: fakeAdapter, runTrial, close: () => {} })),
    version: 'test',
    name: 'fake/1',
    scratch: folder,
    stalledAfterSeconds: 2,
    graceSeconds: 20,
    stop: stop.signal,
    onEvent: (event) => events.push(event),
    ...others,
  });
  return { ended, events, stop: () => stop.abort() };
}

/** Waits until something is so. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await delay(20);
}
