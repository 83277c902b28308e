/** Files from the web: resumed where they broke off, checked, and whole or not there. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { type FileHandle, mkdir, open, rename } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { InputError } from '../../../base/errors.ts';
import { explainFileError } from '../../../base/files.node.ts';

export interface DownloadProgress {
  readonly doneBytes: number;
  /** null where the server does not say. */
  readonly totalBytes: number | null;
}

export interface DownloadOptions {
  /** MD5 of the file, in hexadecimal digits. */
  readonly md5: string;
  /** What to do where there is no internet: the end of an error message. */
  readonly otherwise: string;
  /** A server that sends nothing for so long is given up; 30 when left out. */
  readonly idleSeconds?: number;
  /** Waits before new attempts after the connection failed, in seconds; 1, 2, 4, 8 when left out. */
  readonly retrySeconds?: readonly number[];
  /** More bytes than this are no data set; 1 GiB when left out. */
  readonly mostBytes?: number;
  onProgress?(progress: DownloadProgress): void;
}

/**
 * Downloads a file to `path`. Until it is whole it is called `PATH.part`, and the next call goes on where the last one broke off, if
 * the server can do that.
 * @throws InputError in one line: what failed, and `otherwise`
 */
export async function download(url: string, path: string, options: DownloadOptions): Promise<void> {
  const { retrySeconds = [1, 2, 4, 8] } = options;
  if (!URL.canParse(url) || !/^https?:/.test(url))
    throw new InputError(`cannot download ${url}: not an address that begins with https:// or http://`);
  const part = `${path}.part`;
  try {
    await mkdir(dirname(path), { recursive: true });
    for (let attempt = 0; ; attempt++) {
      const failure = await tryOnce(url, part, options);
      if (failure === null) break;
      if (!failure.again || attempt === retrySeconds.length)
        throw new InputError(`cannot download ${url}: ${failure.reason}; ${options.otherwise}`);
      await delay(1000 * retrySeconds[attempt]);
    }
    await rename(part, path).catch((error: unknown) => {
      // Another process was faster.
      if (!existsSync(path)) throw error;
    });
  } catch (error) {
    throw explainFileError(error, 'write', path);
  }
}

interface Failure {
  readonly reason: string;
  /** Whether another attempt may succeed. */
  readonly again: boolean;
}

/** Fetches what is missing of the file, and checks the whole. */
async function tryOnce(url: string, part: string, options: DownloadOptions): Promise<Failure | null> {
  // Opened, not truncated: 'a' would write at the end whatever position is asked for.
  const file = await open(part, 'r+').catch(() => open(part, 'w+'));
  try {
    const { size: kept } = await file.stat();
    const failure = await fetchInto(file, kept, url, options);
    if (failure !== null) return failure;
    await file.sync();
    const found = await md5Of(file);
    if (found === options.md5) return null;
    await file.truncate(0);
    const reason = `${basename(new URL(url).pathname)} is not the expected file: MD5 is ${found}, should be ${options.md5}`;
    // Where a part was kept, that may have been at fault.
    return { reason, again: kept > 0 };
  } finally {
    await file.close();
  }
}

async function fetchInto(
  file: FileHandle,
  kept: number,
  url: string,
  options: DownloadOptions,
): Promise<Failure | null> {
  const { idleSeconds = 30, mostBytes = 2 ** 30, onProgress } = options;
  const idle = new AbortController();
  const timer = setTimeout(() => idle.abort(), 1000 * idleSeconds);
  let done = kept;
  let total: number | null = null;
  try {
    const headers = { 'accept-encoding': 'identity', ...(kept > 0 ? { range: `bytes=${kept}-` } : {}) };
    const response = await fetch(url, { headers, signal: idle.signal });
    // All of it is there already, or more than that: the checksum will tell.
    if (response.status === 416 && kept > 0) return null;
    if (!response.ok || response.body === null)
      return {
        reason: `the server answers ${`${response.status} ${response.statusText}`.trim()}`,
        again: response.status >= 500,
      };
    const start = startOf(response);
    if (start > kept) return { reason: `the server sends from byte ${start}, asked for ${kept}`, again: false };
    done = start;
    const length = response.headers.get('content-length');
    total = length === null ? null : start + Number(length);
    onProgress?.({ doneBytes: done, totalBytes: total });
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      timer.refresh();
      if (done + chunk.length > mostBytes) return { reason: `more than ${mostBytes} bytes`, again: false };
      await file.write(chunk, 0, chunk.length, done);
      done += chunk.length;
      onProgress?.({ doneBytes: done, totalBytes: total });
    }
    // Only now: another process may be downloading the same file, and writes the same bytes to the same places.
    await file.truncate(done);
    return null;
  } catch (error) {
    return { reason: connectionMistake(error, idle.signal.aborted, idleSeconds, done, total), again: true };
  } finally {
    clearTimeout(timer);
    idle.abort();
  }
}

/** The position of a response's first byte in the file. */
function startOf({ status, headers }: Response): number {
  const range = status === 206 ? /^bytes (\d+)-/.exec(headers.get('content-range') ?? '') : null;
  return range === null ? 0 : Number(range[1]);
}

function connectionMistake(
  error: unknown,
  stalled: boolean,
  idleSeconds: number,
  done: number,
  total: number | null,
): string {
  if (!(error instanceof TypeError || stalled)) throw error;
  const progress =
    done === 0 ? '' : ` after ${done}${total === null ? '' : ` of ${total}`} bytes (kept, to go on from there)`;
  if (stalled) return `the server sent nothing for ${idleSeconds} s${progress}`;
  // fetch hides what went wrong in the cause.
  const cause = (error as TypeError & { cause?: NodeJS.ErrnoException }).cause ?? (error as NodeJS.ErrnoException);
  return `the connection failed (${cause.code ?? cause.message})${progress}`;
}

async function md5Of(file: FileHandle): Promise<string> {
  const hash = createHash('md5');
  for await (const chunk of file.createReadStream({ start: 0, autoClose: false })) hash.update(chunk);
  return hash.digest('hex');
}
