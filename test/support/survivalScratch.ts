import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';

/** Every test of the file runs in an empty folder of its own. */
export function useScratchFolder(): void {
  const checkout = process.cwd();
  let scratch: string;
  beforeEach(() => {
    scratch = mkdtempSync(join(tmpdir(), 'outlast-survival-'));
    process.chdir(scratch);
  });
  afterEach(() => {
    process.chdir(checkout);
    rmSync(scratch, { recursive: true });
  });
}

/** Writes columns as a table. */
export function writeCsv(name: string, columns: Readonly<Record<string, readonly unknown[]>>): void {
  const names = Object.keys(columns);
  const rows = columns[names[0]].map((_, row) => names.map((column) => columns[column][row]).join(','));
  writeFileSync(name, `${[names.join(','), ...rows].join('\n')}\n`);
}

/** Eight rows: times, events, a covariate and a group. */
export const eight = {
  t: [3, 1, 4, 1, 5, 9, 2, 6],
  e: [1, 1, 0, 1, 1, 1, 0, 1],
  x: [0.3, 1.1, 0.2, 0.8, -0.4, 0.1, 0.9, -0.2],
  k: [...'abaabbab'],
};

/** R iterates until the log likelihood gains less than 1e-9 of itself. */
export const R_CONVERGENCE = 1e-9;
