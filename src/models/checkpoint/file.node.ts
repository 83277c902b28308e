/** Checkpoints on disk. */
import { readBytes, writeFileAtomic } from '../../engine/platform/files.node.ts';
import { type Checkpoint, decodeSafetensors, encodeSafetensors } from './safetensors.ts';

/**
 * Writes a checkpoint as a safetensors file, all or nothing; see `writeFileAtomic`.
 * @throws InputError when the path cannot be written, or a tensor cannot be stored.
 */
export async function writeCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  await writeFileAtomic(path, encodeSafetensors(checkpoint));
}

/** Reads a safetensors file. @throws InputError when it is missing, or anything about it is wrong. */
export async function readCheckpoint(path: string): Promise<Checkpoint> {
  return decodeSafetensors(await readBytes(path), path);
}
