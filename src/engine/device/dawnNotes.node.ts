import { closeSync, fstatSync, openSync, readSync, unlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * The warning that Dawn prints whenever it finds an adapter whose driver allows more buffers with dynamic offsets than Dawn can number.
 * It is of no use to users, and no option of Dawn turns it off: it prints to C's `stderr` (dawn/native/Limits.cpp).
 */
const NOTE =
  /^Warning: maxDynamic(Uniform|Storage)BuffersPerPipelineLayout artificially reduced from \d+ to \d+ to fit dynamic offset allocation limit\.\n/gm;

/** Descriptor of standard error, of the process and not of JavaScript's stream. */
const STDERR = 2;

/** What is used of the package of that name. */
interface Koffi {
  load(library: null): { func(prototype: string): (...descriptors: number[]) => number };
}

interface Descriptors {
  dup(descriptor: number): number;
  dup2(descriptor: number, onto: number): number;
}

/** POSIX's calls, which Node does not offer; null where there are none. */
function posix(): Descriptors | null {
  // There a module has standard streams of its own C library.
  if (process.platform === 'win32') return null;
  try {
    const koffi = createRequire(import.meta.url)('koffi') as Koffi;
    const libc = koffi.load(null);
    return { dup: libc.func('int dup(int)'), dup2: libc.func('int dup2(int, int)') };
  } catch {
    // Not built for this platform: the lines are shown.
    return null;
  }
}

/**
 * Calls a function that calls Dawn, without the lines above on standard error; all else that is written there meanwhile, by whomever, is
 * written as soon as it returns or throws. Meanwhile is the call itself, not what a promise of its result waits for: no JavaScript runs.
 */
export function withoutDawnNotes<T>(call: () => T): T {
  const descriptors = posix();
  const file = descriptors === null ? null : unnamedFile();
  if (descriptors === null || file === null) return call();
  // The stream is made of what the descriptor is when it is first asked for.
  const { stderr } = process;
  const kept = descriptors.dup(STDERR);
  if (kept < 0) {
    closeSync(file);
    return call();
  }
  descriptors.dup2(file, STDERR);
  try {
    return call();
  } finally {
    descriptors.dup2(kept, STDERR);
    closeSync(kept);
    const written = contentsOf(file);
    if (written !== '') stderr.write(written);
  }
}

/** A file that goes with its descriptor; null where none can be made. */
function unnamedFile(): number | null {
  const path = join(tmpdir(), `outlast-stderr-${process.pid}-${performance.now()}`);
  try {
    const file = openSync(path, 'wx+', 0o600);
    unlinkSync(path);
    return file;
  } catch {
    return null;
  }
}

function contentsOf(file: number): string {
  try {
    const bytes = Buffer.alloc(fstatSync(file).size);
    readSync(file, bytes, 0, bytes.length, 0);
    return bytes.toString('utf8').replace(NOTE, '');
  } finally {
    closeSync(file);
  }
}
