import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { parseStudy } from '../../../../src/analysis/study/file/parse.ts';
import type { RunTrial, TrialMachine } from '../../../../src/analysis/study/run/machine.ts';
import { type RunEvent, runStudy } from '../../../../src/analysis/study/run/run.ts';
import { openRun } from '../../../../src/analysis/study/store/store.node.ts';
import { DeviceError, GpuDeviceLostError, GpuTimeoutError } from '../../../../src/engine/errors.ts';
import { fakeAdapter, fakeRunTrial } from '../../../support/fakeTrials.ts';

let scratch: string;
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'outlast-lost-'));
});
afterAll(() => rmSync(scratch, { recursive: true }));

const studyOf = (models: string) =>
  parseStudy(
    `name: lost
data: { name: mnist, train: 60, test: 30 }
models: ${models}
training: { epochs: 2, batch_size: 20, learning_rate: 0.05 }
attacks: [{ name: fgm, eps: [0.05, 0.1] }]
control: false
samples: 30
`,
    'lost.yaml',
  );

/** Runs a study of a training and two attacks on the machines that are opened one after the other. */
async function run(name: string, openMachine: () => Promise<TrialMachine>, models = '{ depth: 18, width: 4 }') {
  const parsed = studyOf(models);
  const events: RunEvent[] = [];
  const store = await openRun(join(scratch, name), parsed);
  const outcome = await runStudy(parsed.study, { store, openMachine, onEvent: (event) => events.push(event) });
  const again = events.flatMap((event) => (event.type === 'again' ? [event.reason] : []));
  return { outcome, again, events };
}

/** Machines without a device, each with how it computes and why it is broken after that. */
function fakeMachines(...machines: readonly (Partial<TrialMachine> | Error)[]) {
  let opened = 0;
  let closed = 0;
  const openMachine = async (): Promise<TrialMachine> => {
    const machine = machines[Math.min(opened++, machines.length - 1)];
    if (machine instanceof Error) throw machine;
    return { adapter: fakeAdapter, runTrial: fakeRunTrial, close: () => void closed++, ...machine };
  };
  return { openMachine, opened: () => opened, closed: () => closed };
}

const LOST = new GpuDeviceLostError('reading the loss', 'the device was lost (fake): reset');
/** A machine whose device goes in its trial of this number, counted from 1. */
function breaking(at: number, broken: GpuDeviceLostError | GpuTimeoutError): Partial<TrialMachine> {
  let trials = 0;
  const runTrial: RunTrial = async (trial, context) => {
    if (++trials === at) throw new TypeError('a consequence');
    return fakeRunTrial(trial, context);
  };
  return { runTrial, broken: () => (trials >= at ? broken : null) };
}

describe('without one', () => {
  test('a trial in which the device is lost twice fails, for that reason; the others go on', async () => {
    const { openMachine, opened, closed } = fakeMachines(breaking(1, LOST), breaking(1, LOST), {});
    const { outcome } = await run('twice', openMachine);
    expect(outcome.failed.map(({ message }) => message)).toEqual([
      'reading the loss: the device was lost (fake): reset; the trial was tried twice',
      ...Array(2).fill(`its training ${outcome.failed[0].id} failed`),
    ]);
    // The attacks are not tried, so that no third machine is needed.
    expect([opened(), closed()]).toEqual([2, 2]);
  });

  test('a loss that the trial did not notice is found before its figures are kept', async () => {
    let trials = 0;
    const unnoticed = {
      runTrial: (...all: Parameters<RunTrial>) => {
        trials++;
        return fakeRunTrial(...all);
      },
      broken: () => LOST,
    };
    const { outcome, again } = await run('unnoticed', fakeMachines(unnoticed, {}).openMachine);
    expect([trials, again.length, outcome.finished.length]).toEqual([1, 1, 3]);
  });

  test('without a fresh device the trial fails for both reasons, and the next one looks for one again', async () => {
    const gone = new DeviceError('no WebGPU adapter was found');
    const { outcome } = await run('vanished', fakeMachines(breaking(2, LOST), gone, {}).openMachine);
    expect(outcome.failed.map(({ message }) => message)).toEqual([
      'reading the loss: the device was lost (fake): reset; no WebGPU adapter was found',
    ]);
    expect(outcome.finished).toHaveLength(2);
  });

  test('another adapter does not go on with a study by itself', async () => {
    const other = { adapter: { ...fakeAdapter, name: 'another', driver: 'its driver' } };
    const { outcome } = await run('another', fakeMachines(breaking(2, LOST), other).openMachine);
    expect(outcome.failed.map(({ message }) => message)).toEqual([
      'reading the loss: the device was lost (fake): reset; another adapter opens in its place (another, its driver); run the study again to go on with that',
      'another adapter opens in its place (another, its driver); run the study again to go on with that',
    ]);
    expect(outcome.finished).toHaveLength(1);
  });

  test('a kernel that does not end fails its trial and ends the run; the next run tries that trial last', async () => {
    const hang = new GpuTimeoutError('conv2d', 'the GPU did not finish within 300 s; a kernel may not terminate');
    const { outcome, events } = await run('hang', fakeMachines(breaking(2, hang)).openMachine);
    expect(outcome.failed.map(({ message }) => message)).toEqual([hang.message]);
    expect([outcome.finished.length, outcome.left]).toEqual([1, 1]);
    expect(events.at(-1)).toEqual({ type: 'stopped', left: 1, why: 'hang' });
    const next = await run('hang', fakeMachines({}).openMachine);
    const [hung] = outcome.failed;
    const order = next.events.flatMap((event) => (event.type === 'finished' ? [event.finished.id] : []));
    expect(order).toHaveLength(2);
    expect(order[1]).toBe(hung.id);
  });

  test('a process that goes on with a run follows its adapter and its failures, whatever the clock says', async () => {
    const openMachine = fakeMachines({ runTrial: () => Promise.reject(new Error('failed')) }).openMachine;
    const { outcome } = await run('resumed', openMachine);
    expect(outcome.failed).toHaveLength(3);
    const parsed = studyOf('{ depth: 18, width: 4 }');
    const store = await openRun(join(scratch, 'resumed'), parsed);
    // The clock was set back by a day since the training failed.
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 86_400_000 });
    try {
      const began = { adapter: fakeAdapter, earlier: new Map() };
      const onward = await runStudy(parsed.study, { store, openMachine: fakeMachines({}).openMachine, ...began });
      expect([onward.finished.length, onward.computed, onward.failed.length]).toEqual([0, 0, 3]);
      // A run of its own tries them again, on the adapter that opens.
      const other = { adapter: { ...fakeAdapter, name: 'another' } };
      const next = { store, openMachine: fakeMachines(other).openMachine };
      const refused = await runStudy(parsed.study, { ...next, adapter: fakeAdapter });
      expect(refused.failed[0].message).toMatch(/^another adapter opens in its place/);
      expect((await runStudy(parsed.study, next)).finished).toHaveLength(3);
    } finally {
      vi.useRealTimers();
    }
  });
});
