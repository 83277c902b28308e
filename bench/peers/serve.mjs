/**
 * A system that is measured in a process of its own. It computes once, says so on standard output, and then, for every line on
 * standard input, times some calls and answers with a line; at the end of the input it ends. So several systems can be timed in
 * turns, each of them loaded and compiled only once.
 */
import { createInterface } from 'node:readline';
import { callsFor } from './calls.mjs';
import { memoryOf } from './memory.mjs';

/** Standard output belongs to the systems as well; only lines with this beginning are answers. */
export const ANSWER = 'bench ';

/** Milliseconds that a timing takes at least. */
const SLICE = 500;

/**
 * @param {string} version of the system
 * @param {(times: number) => Promise<number>} call computes so many times, waits for the last, returns the first number of its result
 * @param {object} [facts] to be said with the first answer
 */
export async function serve(version, call, facts = {}) {
  /** @param {object} answer */
  const say = (answer) => process.stdout.write(`${ANSWER}${JSON.stringify(answer)}\n`);
  /** @param {number} times */
  const timed = async (times) => {
    const start = performance.now();
    const before = process.cpuUsage();
    const value = await call(times);
    const milliseconds = (performance.now() - start) / times;
    const { user, system } = process.cpuUsage(before);
    return { value, milliseconds, processor: (user + system) / 1000 / times, times };
  };
  const { value, milliseconds: first } = await timed(1);
  // Since the process began.
  const load = { milliseconds: performance.now(), peakBytes: memoryOf('VmHWM') };
  // The first call also compiles. What takes seconds even so is not worth a second call.
  const { milliseconds } = first > 10_000 ? { milliseconds: first } : await timed(1);
  const times = callsFor(milliseconds, SLICE);
  say({ version, value, load, ...facts });
  for await (const _ of createInterface({ input: process.stdin })) {
    const { value: _value, ...found } = await timed(times);
    say(found);
  }
}
