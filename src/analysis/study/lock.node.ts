import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** Another process is working in the folder. */
export class LockedError extends Error {
  override name = 'LockedError';
}

export interface Lock {
  release(): void;
}

const NAME = /^lock-(\d+)-(\d+)$/;

/**
 * Keeps a folder to this process. The lock is a file named after the process and its start, so that a lock whose process
 * is dead belongs to nobody else and may be removed at any time. A process first writes its own file and then looks for
 * others: of two that arrive together at least one sees the other, and never do both go on. Both may step back, hence
 * the retries after a random pause.
 * @throws LockedError a living process holds the folder
 */
export async function lock(folder: string, attempts = 4): Promise<Lock> {
  const name = `lock-${process.pid}-${startOf(process.pid)}`;
  const path = join(folder, name);
  for (let attempt = 1; ; attempt++) {
    writeFileSync(path, `${JSON.stringify({ pid: process.pid, since: new Date().toISOString() })}\n`);
    const holder = otherHolder(folder, name);
    if (holder === undefined) return { release: () => rmSync(path, { force: true }) };
    rmSync(path, { force: true });
    if (attempt === attempts) {
      throw new LockedError(`${folder}: in use by process ${holder}; wait until it ends, or end it`);
    }
    await delay(50 + 150 * Math.random());
  }
}

/** The process of a living lock other than `own`; the locks of dead processes are removed on the way. */
function otherHolder(folder: string, own: string): number | undefined {
  for (const entry of readdirSync(folder)) {
    const match = NAME.exec(entry);
    if (!match || entry === own) continue;
    const pid = Number(match[1]);
    if (startOf(pid) === match[2]) return pid;
    rmSync(join(folder, entry), { force: true });
  }
  return undefined;
}

/**
 * When a living process started, in clock ticks since the machine did (a later process with the same number differs in
 * it), or null if there is none. Only Linux says when: `/proc/PID/stat`, field 22. Elsewhere the number alone decides.
 */
function startOf(pid: number): string | null {
  if (process.platform !== 'linux') return isAlive(pid) ? '0' : null;
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ESRCH') return null;
    throw error;
  }
  // The second field, the program's name in parentheses, may itself hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ended = fields[0] === 'Z' || fields[0] === 'X';
  return ended ? null : fields[19];
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it exists, but is somebody else's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
