import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AdapterProfile } from '../../src/engine/device/profile.ts';
import { adapterKey } from '../../src/engine/measure/kept.node.ts';
import { recallTuning } from '../../src/engine/measure/tune.node.ts';
import { fakeAdapter } from '../support/fakeTrials.ts';
import type { FuzzTarget } from '../support/fuzz/target.ts';

const folder = mkdtempSync(join(tmpdir(), 'outlast-fuzz-tuning-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

// What the adapter can do is asked when a kernel is chosen, which no reading does.
const profile = { adapter: fakeAdapter } as AdapterProfile;

/** Choices of kernels that `outlast tune` kept: what is damaged is measured again, and a line says so. */
export const tuning: FuzzTarget = {
  seeds: async () => {
    const choice = { variant: 'rows', kernels: '0123456789abcdef', milliseconds: { rows: 1.5, tiles: 2 } };
    const choices = { [adapterKey(profile)]: { 'conv2d f32 [3, 3]': choice } };
    return [new TextEncoder().encode(JSON.stringify(choices, null, 2))];
  },
  read: (bytes) => {
    writeFileSync(join(folder, 'tuning.json'), bytes);
    const warn = (line: string) => {
      if (line.includes('\n')) throw new Error(`a warning of several lines: ${line}`);
    };
    return recallTuning(profile, { folder, warn });
  },
  words: ['{}', '"__proto__": ', 'null', '"variant"', '"milliseconds"'],
};
