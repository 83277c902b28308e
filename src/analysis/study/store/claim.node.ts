import { readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Claim, Owner } from './store.ts';

/** Claims say every so often that their process lives, for machines that cannot look. */
const HEARTBEAT_MILLISECONDS = 15_000;

/** A machine that was silent for so long is taken for dead, or cut off. */
const SILENCE_MILLISECONDS = 120_000;

const HOST = hostname().replaceAll(/[^A-Za-z0-9.-]/g, '-');

export const OWN_PROCESS: Owner = { host: HOST, pid: process.pid, start: startOf(process.pid) ?? '' };

/** A process as part of a file's name. */
const nameOf = ({ host, pid, start }: Owner): string => `${host}@${pid}@${start}`;

/** What a process's claim on a subject is called. */
export const claimName = (subject: string, owner: Owner): string => `${subject}@${nameOf(owner)}`;

/** The process that a file is named after, or null. */
function ownerOf(name: string): Owner | null {
  const match = /^[^.][^@]*@([A-Za-z0-9.-]+)@(\d+)@(\d+)$/.exec(name);
  return match && { host: match[1], pid: Number(match[2]), start: match[3] };
}

/**
 * Keeps a subject to this process: no other that claims it in the same folder gets it before this one ends or releases it. The claim is
 * a file named after the subject, the process and its start, so that the claim of a dead process belongs to nobody else and may be removed
 * at any time. A process first writes its own file and then looks for others: of two that arrive together at least one sees the other,
 * and never do both go on. Both may step back; callers come again.
 * @returns null when a living process holds it
 */
export function claim(folder: string, subject: string): Claim | null {
  const name = claimName(subject, OWN_PROCESS);
  const path = join(folder, name);
  writeFileSync(path, `${JSON.stringify({ since: new Date().toISOString() })}\n`);
  const release = () => rmSync(path, { force: true });
  if (readdirSync(folder).some((entry) => subjectOf(entry) === subject && entry !== name && holds(folder, entry))) {
    release();
    return null;
  }
  const heartbeat = setInterval(() => touch(path), HEARTBEAT_MILLISECONDS);
  heartbeat.unref();
  return {
    release: () => {
      clearInterval(heartbeat);
      release();
    },
  };
}

function touch(path: string): void {
  const now = new Date();
  try {
    utimesSync(path, now, now);
  } catch (error) {
    // Somebody removed the run's folder; whoever works in it will find out.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/**
 * The names of all claims of living processes in a folder; those of dead ones are removed on the way. A subject can have several for a
 * moment: of one that holds it, and of others that are about to step back.
 */
export function livingIn(folder: string): Set<string> {
  return new Set(readdirSync(folder).filter((entry) => subjectOf(entry) !== null && holds(folder, entry)));
}

/** What living processes hold in a folder, and which. */
export function claimsIn(folder: string): Map<string, Owner> {
  return new Map([...livingIn(folder)].map((entry) => [subjectOf(entry) as string, ownerOf(entry) as Owner]));
}

function subjectOf(entry: string): string | null {
  return ownerOf(entry) === null ? null : entry.slice(0, entry.indexOf('@'));
}

/** Whether a claim's process lives; if not, the claim is removed. */
function holds(folder: string, entry: string): boolean {
  const path = join(folder, entry);
  const { host, pid, start } = ownerOf(entry) as Owner;
  const lives = host === HOST ? startOf(pid) === start : ageOf(folder, path) < SILENCE_MILLISECONDS;
  if (!lives) rmSync(path, { force: true });
  return lives;
}

/** Milliseconds since a file was touched, by the clock of the file system; Infinity if it is gone. */
function ageOf(folder: string, path: string): number {
  const probe = join(folder, `.now-${nameOf(OWN_PROCESS)}.tmp`);
  writeFileSync(probe, '');
  try {
    return statSync(probe).mtimeMs - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Number.NEGATIVE_INFINITY);
  } finally {
    rmSync(probe, { force: true });
  }
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
