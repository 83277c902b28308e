import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digest, readState, stateWriter } from '../../src/cli/attack/stateFile.ts';
import type { FuzzTarget } from '../support/fuzz/target.ts';

const folder = mkdtempSync(join(tmpdir(), 'outlast-fuzz-state-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, 'state');

const identity = { attack: 'pgd', eps: 0.1, maxIter: undefined };

/** Where the sum begins and ends. */
const BEGINNING = 'outlast attack state 1 '.length;
const END = BEGINNING + 64;

const usage = { seconds: 0.1, queries: 4, gradients: 3, flops: 9 };

/** States of attacks that were stopped, mostly with a right sum. */
export const state: FuzzTarget = {
  seeds: async () => {
    await stateWriter(
      file,
      identity,
      0,
    )(async () => ({
      finished: [
        {
          ...{
            sample: 0,
            label: 1,
            misclassifiedBefore: false,
            success: true,
            successAfterRounding: true,
            firstStep: 2,
          },
          cost: usage,
          distances: { l0: 3, l1: 0.2, l2: 0.1, linf: 0.1 },
        },
      ],
      images: Float32Array.of(0.25, 0.5, 1),
      found: { zero: 1, notFinite: 0, lost: 0 },
      batch: {
        step: 3,
        state: { best: Float64Array.of(Number.NEGATIVE_INFINITY, Number.NaN), left: [1, 2] },
        ledger: { active: [true], firstStep: [null], costs: [usage] },
        signs: { zero: new Set([2]), notFinite: new Set() },
      },
    }));
    return [new Uint8Array(readFileSync(file))];
  },
  read: (bytes) => {
    writeFileSync(file, bytes);
    return readState(file, identity);
  },
  reseal: (bytes) => {
    if (bytes.length < END) return bytes;
    const sealed = bytes.slice();
    sealed.set(new TextEncoder().encode(digest(sealed.subarray(END))), BEGINNING);
    return sealed;
  },
};
