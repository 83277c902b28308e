import { planTrials } from '../../analysis/study/index.ts';
import { leftovers, remove } from '../../analysis/study/store/clean.node.ts';
import { readRun } from '../../analysis/study/store/store.node.ts';
import { printLines, type Terminal } from '../terminal/terminal.ts';

interface CleanFlags {
  readonly orphans?: boolean;
  readonly dryRun?: boolean;
}

/** `outlast study clean DIR` */
export async function cleanCommand(
  folder: string,
  { orphans = false, dryRun = false }: CleanFlags,
  terminal: Terminal,
): Promise<void> {
  const { parsed } = await readRun(folder);
  const planned = await planTrials(parsed.study);
  const found = await leftovers(folder, new Set(planned.map(({ id }) => id)));
  const doomed = found.filter(({ kind }) => orphans || kind !== 'orphan');
  printLines(
    terminal,
    doomed.map(({ path, why }) => `${dryRun ? 'would remove' : 'removed'} ${path}: ${why}`),
  );
  if (!dryRun) await remove(doomed);
  const kept = found.length - doomed.length;
  if (kept > 0)
    printLines(terminal, [
      `${kept} finished trials are not named by the study any more; --orphans removes them as well`,
    ]);
  if (found.length === 0) printLines(terminal, [`${folder}: nothing to remove`]);
}
