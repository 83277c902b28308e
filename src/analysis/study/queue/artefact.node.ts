import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Redis } from 'ioredis';
import type { Artefact, ArtefactFile } from './job.ts';

/** Files travel in pieces of this size: no more of one is in memory at a time. */
const CHUNK_BYTES = 2 ** 20;

/** What nobody collected is gone after this time. */
export const KEPT_SECONDS = 7 * 24 * 3600;

const field = (file: number, chunk: number) => `${file}/${chunk}`;

/** Puts the files of a folder, which has no folders in it, into Redis. */
export async function upload(redis: Redis, folder: string): Promise<Artefact> {
  const key = `outlast:files:${randomUUID()}`;
  const files: ArtefactFile[] = [];
  for (const name of (await readdir(folder)).sort()) {
    const hash = createHash('sha256');
    const handle = await open(join(folder, name), 'r');
    let bytes = 0;
    try {
      for (let chunk = 0; ; chunk++) {
        const { bytesRead, buffer } = await handle.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES);
        if (bytesRead === 0) break;
        const piece = buffer.subarray(0, bytesRead);
        hash.update(piece);
        await redis.hset(key, field(files.length, chunk), piece);
        // From the first piece on, so that a killed process leaves nothing for ever.
        if (bytes === 0) await redis.expire(key, KEPT_SECONDS);
        bytes += bytesRead;
      }
    } finally {
      await handle.close();
    }
    files.push({ name, bytes, sha256: hash.digest('hex') });
  }
  return { key, files };
}

/**
 * Writes the files of an artefact into a folder that has none of them.
 * @throws Error a file is not what was put there
 */
export async function download(redis: Redis, { key, files }: Artefact, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [index, { name, bytes, sha256 }] of files.entries()) {
    if (basename(name) !== name || name.startsWith('.')) throw new Error(`"${name}" is no name of a file of a trial`);
    const hash = createHash('sha256');
    const handle = await open(join(folder, name), 'wx');
    try {
      for (let chunk = 0; chunk * CHUNK_BYTES < bytes; chunk++) {
        const length = Math.min(CHUNK_BYTES, bytes - chunk * CHUNK_BYTES);
        // Asked for before it is fetched: a piece of another length may be one that fills the memory.
        const found = await redis.hstrlen(key, field(index, chunk));
        const piece = found === length ? await redis.hgetBuffer(key, field(index, chunk)) : null;
        if (piece === null)
          throw new Error(
            found > 0
              ? `${name} came back damaged: a piece of ${found} bytes where ${length} were sent`
              : `${name} is not in Redis any more`,
          );
        hash.update(piece);
        await handle.appendFile(piece);
      }
    } finally {
      await handle.close();
    }
    if (hash.digest('hex') !== sha256) throw new Error(`${name} came back damaged: its SHA-256 is not what was sent`);
  }
}

/** Takes an artefact out of Redis. */
export async function discard(redis: Redis, { key }: Artefact): Promise<void> {
  await redis.unlink(key);
}
