import { existsSync, statSync } from 'node:fs';
import { appendFile, mkdir, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError } from '../../../base/errors.ts';
import { explainFileError, readBytes, writeFileAtomic } from '../../../base/files.node.ts';
import type { ParsedStudy } from '../file/parse.ts';
import { readStudy } from '../file/read.node.ts';
import { claim, claimName, claimsIn, livingIn, OWN_PROCESS } from './claim.node.ts';
import { renameFolderDurably } from './folder.node.ts';
import { RECORD, readFailure, readTrial, seal, verifyFiles } from './record.node.ts';
import type { Owner, RunRecords, RunStore, Timing } from './store.ts';

/** What an unfinished trial, after which comes the name of its claim, and an unfinished atomic write are called. */
const DRAFTED = '.draft-';
const DRAFT = /^\.draft-([^@]*)@/;
const UNFINISHED = /^\..*\.tmp$/;

/** Folder of claims and of what is being written: apart, so that looking through it does not take longer with every finished trial. */
const WORK = '.work';

/** An atomic write takes no longer. */
const MOST_WRITING_MILLISECONDS = 600_000;

/**
 * Opens `runs/NAME/` for running a study: makes it if need be, removes what killed processes left unfinished, and writes `study.json`.
 * Other processes may work in it at the same time.
 * @throws InputError the folder holds something else than a run, or cannot be written
 */
export async function openRun(folder: string, { document }: ParsedStudy): Promise<RunStore> {
  await refuseForeignFolder(folder);
  const trials = join(folder, 'trials');
  await makeFolder(trials);
  await makeFolder(join(folder, WORK));
  for (const path of await abandonedIn(folder)) await rm(path, { recursive: true, force: true });
  await writeFileAtomic(join(folder, 'study.json'), `${JSON.stringify(document, null, 2)}\n`);
  return storeIn(folder);
}

/**
 * The study and the trials of a run folder, for reading only.
 * @throws InputError the folder holds no run
 */
export async function readRun(folder: string): Promise<{ parsed: ParsedStudy; store: RunRecords }> {
  if (!existsSync(folder))
    throw new InputError(`${folder}: no such folder; give that of a run, such as runs/quickstart`);
  const file = join(folder, 'study.json');
  if (!existsSync(file)) throw new InputError(`${folder}: not the folder of a run (it holds no study.json)`);
  return { parsed: await readStudy(file), store: storeIn(folder) };
}

async function refuseForeignFolder(folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  let entries: string[];
  try {
    entries = await readdir(folder);
  } catch (error) {
    throw explainFileError(error, 'read', folder);
  }
  // A process killed while it made the folder leaves these and no study.json yet.
  const foreign = entries.filter((entry) => entry !== 'trials' && entry !== WORK && !UNFINISHED.test(entry));
  if (foreign.length > 0 && !entries.includes('study.json')) {
    throw new InputError(`${folder}: holds other files (${foreign[0]}); give a new folder, or that of an earlier run`);
  }
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw explainFileError(error, 'write', folder);
  }
}

/** Paths of what dead processes left half-written in a run's folder. */
export async function abandonedIn(run: string): Promise<string[]> {
  const work = join(run, WORK);
  const drafts = existsSync(work) ? await draftsIn(work) : [];
  return [...(await begunLongAgoIn(run)), ...(await begunLongAgoIn(join(run, 'trials'))), ...drafts];
}

/** Files whose writing began long ago and never ended. */
async function begunLongAgoIn(folder: string): Promise<string[]> {
  const paths = (await readdir(folder)).filter((entry) => UNFINISHED.test(entry)).map((entry) => join(folder, entry));
  return paths.filter((path) => {
    const touched = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
    return touched !== undefined && Date.now() - touched > MOST_WRITING_MILLISECONDS;
  });
}

/** Drafts of trials that their process does not work on. */
async function draftsIn(work: string): Promise<string[]> {
  // Drafts before claims: whose draft is seen here has claimed its trial before, or has ended it since and left no draft.
  const drafts = (await readdir(work)).filter((entry) => DRAFT.test(entry));
  const living = livingIn(work);
  return drafts.filter((entry) => !living.has(entry.slice(DRAFTED.length))).map((entry) => join(work, entry));
}

/** The folder that a process computes a trial in. */
const draftOf = (id: string, owner: Owner) => `${DRAFTED}${claimName(id, owner)}`;

function storeIn(run: string): RunStore {
  const trials = join(run, 'trials');
  const work = join(run, WORK);
  const timings = join(run, 'timings.jsonl');
  const folderOf = (id: string) => join(trials, id);
  const unsealed = new Set<string>();
  const failureOf = (id: string) => join(trials, `${id}.error.json`);
  return {
    folderOf,
    read: async (id, trial) => {
      const found = await readTrial(folderOf(id), id, trial);
      if (found !== null && !found.sealed) unsealed.add(id);
      return found?.finished ?? null;
    },
    unsealed: () => unsealed.size,
    readFailure: (id) => readFailure(failureOf(id), id),
    verify: (id) => verifyFiles(folderOf(id)),
    claims: () => (existsSync(work) ? claimsIn(work) : new Map()),
    claim: (id) => claim(work, id),
    begin: async (id) => {
      // The trial is claimed: what lies there of it is a dead process's.
      for (const entry of await readdir(work))
        if (DRAFT.exec(entry)?.[1] === id) await rm(join(work, entry), { recursive: true, force: true });
      const folder = join(work, draftOf(id, OWN_PROCESS));
      await mkdir(folder);
      return {
        folder,
        commit: async (finished) => {
          await writeFileAtomic(join(folder, RECORD), `${JSON.stringify(finished)}\n`);
          await seal(folder);
          await rm(failureOf(id), { force: true });
          await renameFolderDurably(folder, folderOf(id));
        },
        discard: () => rm(folder, { recursive: true, force: true }),
      };
    },
    timings: () => readTimings(timings),
    // One write of a line: processes that share the folder do not tear each other's.
    recordTiming: async (timing) =>
      appendFile(timings, `${(await isCutOff(timings)) ? '\n' : ''}${JSON.stringify(timing)}\n`),
    recordFailure: (failed) => writeFileAtomic(failureOf(failed.id), `${JSON.stringify(failed, null, 2)}\n`),
  };
}

/** Whether the last line of a file has no end: its process was killed, or its disk was full. */
async function isCutOff(file: string): Promise<boolean> {
  if (!existsSync(file)) return false;
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, Math.max(0, size - 1));
    return size > 0 && buffer[0] !== NEWLINE;
  } finally {
    await handle.close();
  }
}

const NEWLINE = 0x0a;

/** Lines that were cut off are left out. */
async function readTimings(file: string): Promise<Timing[]> {
  if (!existsSync(file)) return [];
  const lines = new TextDecoder()
    .decode(await readBytes(file))
    .split('\n')
    .slice(0, -1);
  return lines.flatMap((line, index) => {
    if (line.startsWith('{') && !line.endsWith('}')) return [];
    const timing = parsedTiming(line);
    if (timing === null)
      throw new InputError(`${file}:${index + 1}: damaged, it is no timing of a trial; remove the line, or the file`);
    return [timing];
  });
}

function parsedTiming(line: string): Timing | null {
  let value: Partial<Timing> | null;
  try {
    value = JSON.parse(line) as Partial<Timing> | null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
  const whole = typeof value?.id === 'string' && Number.isFinite(value.seconds) && Number.isFinite(value.runnerSeconds);
  return whole ? (value as Timing) : null;
}
