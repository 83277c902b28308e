import { gpuHangs } from '../../engine/device/hang.node.ts';

/**
 * Sets the exit code of this process, which ends when nothing is left to do; at once where a kernel does not end, as that would keep it.
 * What was said before goes out first.
 */
export function endProcess(exitCode: number): void {
  process.exitCode = exitCode;
  if (gpuHangs()) process.stdout.write('', () => process.exit());
}
