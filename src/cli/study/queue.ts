import { hostname } from 'node:os';
import { resolve } from 'node:path';
import {
  describeTrial,
  labelsOf,
  type ParsedStudy,
  type PlannedTrial,
  type RunEvent,
  type RunStore,
} from '../../analysis/study/index.ts';
import { type Connection, connect } from '../../analysis/study/queue/connection.node.ts';
import { produceStudy } from '../../analysis/study/queue/produce.node.ts';
import { codeVersion } from '../program/codeVersion.ts';
import type { Surroundings } from '../program/surroundings.ts';

/** Connects to the Redis that `--queue` names; what happens to the connection goes to standard error. */
export const connectQueue = (url: string, { terminal, queuePatienceSeconds }: Surroundings): Promise<Connection> =>
  connect(url, {
    patienceSeconds: queuePatienceSeconds,
    onNote: (line) => terminal.stderr.write(`outlast: ${line}\n`),
  });

interface QueuedRun {
  readonly folder: string;
  readonly parsed: ParsedStudy;
  readonly selected: readonly PlannedTrial[];
  readonly store: RunStore;
  readonly connection: Connection;
}

/** `outlast study run FILE --queue URL`: has the trials computed by whoever runs `outlast worker` on the same Redis. */
export async function computeOverQueue(
  { folder, parsed, selected, store, connection }: QueuedRun,
  around: Surroundings,
  onEvent: (event: RunEvent) => void,
): Promise<void> {
  const labels = labelsOf(parsed.study);
  await produceStudy(parsed.study, {
    store,
    connection,
    version: codeVersion(around),
    run: `${hostname()}:${resolve(folder)}`,
    select: () => selected,
    label: (trial) => describeTrial(trial, labels),
    onEvent,
    onNote: (line) => around.terminal.stderr.write(`outlast: ${line}\n`),
  });
}
