import { readFileSync } from 'node:fs';

/**
 * A line of Linux's account of this process, in bytes; null on other systems.
 * @param {'VmHWM' | 'VmRSS'} line the most memory that was resident so far, or what is resident now
 */
export function memoryOf(line) {
  try {
    const [, kibibytes] =
      new RegExp(`^${line}:\\s+(\\d+) kB`, 'm').exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
    return kibibytes === undefined ? null : 1024 * Number(kibibytes);
  } catch {
    return null;
  }
}
