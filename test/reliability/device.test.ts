import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseStudy } from '../../src/analysis/study/file/parse.ts';
import { type RunEvent, type RunOutcome, runStudy } from '../../src/analysis/study/run/run.ts';
import { openRun } from '../../src/analysis/study/store/store.node.ts';
import { type Faults, LOSS, NO_MEMORY, weakest } from '../support/faultyAdapter.ts';
import { placesAmong } from '../support/faultyFiles.ts';
import { faultyMachines, figuresOf } from '../support/faultyMachines.ts';

/*
 * A study of a training and two attacks on a device that fails: at a sample of its submissions and buffers, or with FAULTS=all at all of
 * them. Figures are compared with those of a study that nothing disturbed, weights byte by byte.
 */

const parsed = parseStudy(
  `name: faults
data: { name: mnist, train: 60, test: 30 }
models: { family: mlp, depth: 1, width: 16 }
training: { epochs: 2, batch_size: 20, learning_rate: 0.05 }
attacks: [{ name: fgm, eps: [0.05, 0.1] }]
control: false
samples: 30
`,
  'faults.yaml',
);

let scratch: string;
let runs = 0;
let right: ReturnType<typeof seen>;
let places: { readonly submits: number[]; readonly buffers: number[] };

/** Figures of an outcome, and the weights of its training. */
function seen({ finished }: RunOutcome, folderOf: (id: string) => string) {
  const figures = figuresOf(finished) as readonly { readonly id: string }[];
  const training = finished.find(({ trial }) => trial.kind === 'train');
  const model = training && readFileSync(join(folderOf(training.id), 'model.safetensors')).toString('base64');
  return { figures, model };
}

/** Runs the study on machines with faults, in a folder of its own. */
async function run(folder: string, faults: readonly Faults[], adapted?: (adapter: GPUAdapter) => GPUAdapter) {
  const store = await openRun(folder, parsed);
  const machines = faultyMachines(faults, adapted);
  const events: RunEvent[] = [];
  const { openMachine } = machines;
  const outcome = await runStudy(parsed.study, { store, openMachine, onEvent: (event) => events.push(event) });
  const again = events.flatMap((event) => (event.type === 'again' ? [event.reason] : []));
  return { outcome, again, machines, ...seen(outcome, store.folderOf) };
}

/** What was computed, of the whole, must be what an undisturbed study computes. */
function expectRight({ figures, model }: ReturnType<typeof seen>, place: string): void {
  const ids = new Set(figures.map(({ id }) => id));
  expect(figures, place).toEqual(right.figures.filter(({ id }) => ids.has(id)));
  if (model !== undefined) expect(model, place).toBe(right.model);
}

/** Runs the study with faults, and then again without. @returns the first of the two */
async function disturbed(faults: readonly Faults[]) {
  const place = JSON.stringify(faults);
  const folder = join(scratch, String(runs++));
  const first = await run(folder, faults);
  expectRight(first, place);
  const { finished, failed, left } = first.outcome;
  expect(finished.length + failed.length + left, place).toBe(3);
  if (finished.length < 3) expectRight(await run(folder, []), `${place}, run again`);
  rmSync(folder, { recursive: true });
  return first;
}

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'outlast-device-'));
  const { outcome, figures, model, machines } = await run(join(scratch, 'undisturbed'), []);
  expect([outcome.finished.length, outcome.failed.length]).toEqual([3, 0]);
  right = { figures, model };
  const numbers = (count: number) => Array.from({ length: count }, (_, i) => i + 1);
  const { submits, buffers } = machines.counts();
  places = { submits: numbers(submits), buffers: numbers(buffers) };
  expect([submits > 50, buffers > 50]).toEqual([true, true]);
});
afterAll(() => rmSync(scratch, { recursive: true }));

test('lost at a submission: the study has the figures of one that was not disturbed, and says what happened', async () => {
  for (const lostAtSubmit of placesAmong(places.submits, 1)) {
    const { outcome, again, machines } = await disturbed([{ lostAtSubmit }]);
    // How many submissions there are at the end, where kernels are timed, follows the clock.
    if (machines.opened() === 1) continue;
    expect([outcome.finished.length, outcome.failed.length]).toEqual([3, 0]);
    expect(again).toEqual([expect.stringMatching(new RegExp(`: the device was lost \\(.+\\): ${LOSS}$`))]);
  }
});

test('without memory for a buffer: that trial fails for this reason, or does without; no other figure changes', async () => {
  for (const outOfMemoryAtBuffer of placesAmong(places.buffers, 1)) {
    const { outcome } = await disturbed([{ outOfMemoryAtBuffer }]);
    for (const { message } of outcome.failed)
      expect(message, String(outOfMemoryAtBuffer)).toMatch(new RegExp(`${NO_MEMORY}|^its training .* failed$`));
  }
});

test('a submission that never ends: its trial fails, nothing else is computed on that device', async () => {
  for (const hangsAtSubmit of placesAmong(places.submits, 1)) {
    const { outcome, machines } = await disturbed([{ hangsAtSubmit }]);
    expect(machines.opened(), String(hangsAtSubmit)).toBe(1);
    for (const { message } of outcome.failed)
      expect(message).toMatch(/: the GPU did not finish within 0\.05 s; a kernel/);
    expect(outcome.failed.length + outcome.finished.length + outcome.left).toBe(3);
  }
});

test('two faults at once, on one device and on the fresh one after it: still no wrong figure', async () => {
  const second = placesAmong(places.buffers, 1).map((outOfMemoryAtBuffer) => ({ outOfMemoryAtBuffer }));
  for (const [i, lostAtSubmit] of placesAmong(places.submits, 1).entries())
    await disturbed([{ lostAtSubmit }, second[i % second.length]]);
});

test('with default limits and no optional feature: a whole study, and the same again', async () => {
  const weak = await run(join(scratch, 'weak'), [], weakest);
  expect([weak.outcome.finished.length, weak.outcome.failed.length]).toEqual([3, 0]);
  // Other kernels add in another order.
  const accuracies = ({ outcome }: { outcome: RunOutcome }) =>
    outcome.finished.map(({ result }) => (result.kind === 'train' ? result.accuracy : result.robustAccuracy));
  const whole = await run(join(scratch, 'undisturbed'), []);
  const [weakly, usually] = [accuracies(weak), accuracies(whole)];
  // Of 30 images, each of which a last bit may turn.
  for (const [i, share] of weakly.entries()) expect(Math.abs(share - usually[i])).toBeLessThanOrEqual(1 / 30);
});
