import { open, readdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * Gives a folder its final name in one step, after everything in it is on the disk: killed at any moment, it is there
 * whole or not at all.
 */
export async function renameFolderDurably(from: string, to: string): Promise<void> {
  await syncTree(from);
  await rename(from, to);
  await sync(dirname(to));
}

async function syncTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await syncTree(path);
    else if (entry.isFile()) await sync(path);
  }
  await sync(folder);
}

async function sync(path: string): Promise<void> {
  // Windows syncs neither folders nor files opened for reading.
  if (process.platform === 'win32') return;
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
