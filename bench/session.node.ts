/** Systems that are compared run in processes of their own, which rest while another is timed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { cpus } from 'node:os';
import { createInterface } from 'node:readline';
import { ANSWER } from './peers/serve.mjs';
import type { Session, Timed } from './peers.ts';

/** Milliseconds after which a system that does not answer has failed: the slowest needs minutes for its first step. */
const PATIENCE = 600_000;

/** Processes that may be at rest, and would stay so for ever if this program ended before them. */
const running = new Set<ChildProcess>();

function endWithThisProgram(child: ChildProcess): void {
  if (running.size === 0) {
    process.once('exit', endAll);
    for (const signal of ENDS) process.once(signal, endBy);
  }
  running.add(child);
}

function endsAlone(child: ChildProcess): void {
  running.delete(child);
  if (running.size > 0) return;
  process.off('exit', endAll);
  for (const signal of ENDS) process.off(signal, endBy);
}

const ENDS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

function endAll(): void {
  for (const child of running) child.kill('SIGKILL');
}

function endBy(signal: NodeJS.Signals): void {
  endAll();
  process.kill(process.pid, signal);
}

/** What a program that speaks as `bench/peers/serve.mjs` does says of a timing: milliseconds of a call, and how many calls it was. */
interface Answer {
  readonly milliseconds: number;
  readonly processor: number;
  readonly times: number;
}

/**
 * Starts a program that speaks as `bench/peers/serve.mjs` does, and waits until it has computed once. From then on it is stopped while it
 * is not timed (not on Windows, which cannot): a library that waits for a device in a busy loop would slow down all others.
 * @param env for the program, beside this one's
 */
export async function startSession(
  command: string,
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Session> {
  const child = spawn(command, words, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  endWithThisProgram(child);
  let said = '';
  child.stderr.on('data', (chunk) => {
    said = `${said}${chunk}`.slice(-4000);
  });
  // Writing to a process that has ended is reported by its end.
  child.stdin.on('error', () => {});
  const ended = new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, signal) => resolve(complaintIn(said) ?? `ended with ${signal ?? `status ${code}`}`));
  }).finally(() => endsAlone(child));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const nextAnswer = async (): Promise<unknown> => {
    for (let line = await lines.next(); !line.done; line = await lines.next())
      if (line.value.startsWith(ANSWER)) return JSON.parse(line.value.slice(ANSWER.length));
    throw new Error(await ended);
  };
  const answer = async <T>(): Promise<T> => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        child.kill('SIGKILL');
        reject(new Error(`no answer within ${PATIENCE / 1000} s`));
      }, PATIENCE);
    });
    try {
      return (await Promise.race([nextAnswer(), late])) as T;
    } finally {
      clearTimeout(timer);
    }
  };
  const ready = await answer<Omit<Session, 'time' | 'stop'>>();
  const signal = (name: 'SIGSTOP' | 'SIGCONT') => process.platform !== 'win32' && child.kill(name);
  signal('SIGSTOP');
  return {
    ...ready,
    time: async () => {
      signal('SIGCONT');
      const spent = processorTimes();
      child.stdin.write('\n');
      const timed = await answer<Answer>();
      const others = othersDuring(spent, timed);
      signal('SIGSTOP');
      return { milliseconds: timed.milliseconds, processor: timed.processor, others };
    },
    stop: async () => {
      signal('SIGCONT');
      child.stdin.end();
      // Some drivers do not let a process end.
      const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** Milliseconds: the clock's, the processors' of the whole machine, those of this process. */
function processorTimes() {
  const { user, system } = process.cpuUsage();
  const busy = cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
  return { clock: performance.now(), busy, own: (user + system) / 1000 };
}

/** How many processors worked for neither this program nor the one that was timed. */
function othersDuring(before: ReturnType<typeof processorTimes>, { processor, times }: Answer): Timed['others'] {
  const now = processorTimes();
  const others = now.busy - before.busy - (now.own - before.own) - processor * times;
  return Math.max(0, others / (now.clock - before.clock));
}

/** The line of an error output that names the error: npm's come first, other programs' last, followed by frames of a stack at most. */
export function complaintIn(text: string): string | undefined {
  const lines = text.split('\n').map((line) => line.trim());
  const npm = lines.filter((line) => line.startsWith('npm error ')).map((line) => line.slice('npm error '.length));
  if (npm.length > 0) return npm.slice(0, 2).join('; ');
  return lines.findLast((line) => /error\b/i.test(line)) ?? lines.findLast((line) => line !== '');
}
