import { createRequire } from 'node:module';

/** `PR_SET_PDEATHSIG` of Linux' prctl(2): the signal that a process gets when the one that started it ends. */
const PARENT_DEATH_SIGNAL = 1;
const SIGKILL = 9;

/** What is used of the package of that name. */
interface Koffi {
  load(library: null): { func(prototype: string): (...numbers: number[]) => number };
}

/**
 * Has the system kill this process when the one that started it ends, however that ends: a process in a driver's call that does not return
 * hears of nothing. Only Linux can do that; elsewhere it ends when it next looks at the channel to its parent.
 */
export function killedWithParent(): void {
  if (process.platform !== 'linux') return;
  try {
    const koffi = createRequire(import.meta.url)('koffi') as Koffi;
    koffi.load(null).func('int prctl(int, unsigned long)')(PARENT_DEATH_SIGNAL, SIGKILL);
  } catch {
    // Not built for this platform.
  }
}
