import { readTar } from '../../src/models/data/sources/tar.ts';
import type { FuzzTarget } from '../support/fuzz/target.ts';
import { tar as archive } from '../support/tarArchive.ts';

const BLOCK = 512;

async function* pieces(bytes: Uint8Array) {
  for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
}

async function readAll(bytes: Uint8Array): Promise<void> {
  for await (const { name, content } of readTar(pieces(bytes), 'archive.tar')) {
    if (name.startsWith('/') || name.split('/').includes('..')) throw new Error(`${name} leads outside`);
    for await (const _ of content);
  }
}

/** Archives of data sets, mostly with right sums of their headers. */
export const tar: FuzzTarget = {
  seeds: async () => {
    const content = new TextEncoder().encode('some content');
    return [
      archive([
        { name: 'folder/', type: '5' },
        { name: 'folder/a.bin', content },
        { name: 'b', content, prefix: 'deep/er' },
      ]),
    ];
  },
  read: readAll,
  words: ['../', '/etc', 'C:', '\\', 'ustar', '12 path=x\n', '00000000012\0'],
  reseal: (bytes) => {
    const sealed = bytes.slice();
    // Every block is taken for a header: in the others the sum is content like any other.
    for (let at = 0; at + BLOCK <= sealed.length; at += BLOCK) {
      const header = sealed.subarray(at, at + BLOCK);
      if (header.every((byte) => byte === 0)) continue;
      const sum = header.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 32 : byte), 0);
      header.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, '0')}\0 `), 148);
    }
    return sealed;
  },
};
