import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { beforeAll, expect, test } from 'vitest';
import { runProgram } from '../../src/cli/program/program.ts';
import { hasCheckpoints } from '../../src/models/checkpoint/folder.node.ts';
import { collectTerminal } from '../support/collectTerminal.ts';
import { placesAmong, useFaultyFiles } from '../support/faultyFiles.ts';
import { useKeptDevice } from '../support/keptDevice.ts';
import { values } from '../support/values.ts';

/*
 * What lies in the folder of a training before each call that writes into it, and half-way through it: what a kill would leave there. From
 * each of these states, of a sample of them, or of all with FAULTS=all, the training goes on.
 */

const files = useFaultyFiles('src/cli/main.ts');
const openDevice = useKeptDevice();
let scratch: string;
const at = (name: string) => join(scratch, name);

const IMAGES = 12;
const SIDE = 8;

beforeAll(() => {
  scratch = files.scratch('train');
  mkdirSync(at('states'));
  const bytes = Uint8Array.from(values(IMAGES * SIDE * SIDE, 5), (value) => Math.floor((value + 1) * 127));
  for (let i = 0; i < IMAGES; i++)
    for (const part of ['train', 'test']) {
      const data = bytes.subarray(i * SIDE * SIDE, (i + 1) * SIDE * SIDE);
      mkdirSync(at(`images/${part}/${i % 2}`), { recursive: true });
      writeFileSync(at(`images/${part}/${i % 2}/${i}.png`), encode({ width: SIDE, height: SIDE, channels: 1, data }));
    }
});

const wordsFor = (out: string) => [
  ...['train', '--data', at('images'), '--out', out, '--model', 'mlp', '--width', '8'],
  ...['--epochs', '3', '--batch', '6', '--learning-rate', '0.05', '--seed', '1'],
];

/** Trains in this process, in a folder: from the beginning where it holds no checkpoint yet. */
async function goOn(folder: string): Promise<void> {
  const { terminal, texts } = collectTerminal();
  const words = (await hasCheckpoints(folder)) ? ['train', '--out', folder, '--resume'] : wordsFor(folder);
  const openMachine = () => Promise.reject(new Error('no study is run'));
  expect(await runProgram(words, { terminal, openDevice, openMachine }), texts.stderr).toBe(0);
}

/** What a training leaves, without what depends on the clock. */
function left(folder: string) {
  const lines = readFileSync(join(folder, 'metrics.jsonl'), 'utf8').trim().split('\n');
  const { accuracy, loss, confusion } = JSON.parse(readFileSync(join(folder, 'result.json'), 'utf8')).test;
  return {
    model: readFileSync(join(folder, 'model.safetensors')).toString('base64'),
    // Batches are told of now and then, by the clock.
    epochs: lines
      .map((line) => JSON.parse(line))
      .filter(({ event }) => event === 'epoch')
      .map(({ step, ...epoch }) => ({ step, loss: epoch.loss, accuracy: epoch.accuracy })),
    test: { accuracy, loss, confusion },
    checkpoints: readdirSync(folder).filter((name) => name.startsWith('checkpoint-')),
  };
}

test('killed at a call that writes, a training goes on to the bits of one that was not', async () => {
  const folder = at('whole');
  const { code, stderr } = await files.run(wordsFor(folder), { fault: 'states', under: folder, notes: at('states') });
  expect(code, stderr).toBe(0);
  const whole = left(folder);
  expect(whole.epochs.map(({ step }) => step)).toEqual([2, 4, 6]);
  const states = readdirSync(at('states'));
  const places = placesAmong([...states.keys()], 8);
  expect(states.length).toBeGreaterThan(30);
  for (const place of places) {
    const state = at('state');
    cpSync(at(`states/${states[place]}`), state, { recursive: true });
    await goOn(state);
    expect(left(state), states[place]).toEqual(whole);
    rmSync(state, { recursive: true });
  }
});
