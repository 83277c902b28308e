import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { loadMnist } from '../../src/models/data/sources/mnist.node.ts';
import { idxFile } from '../support/fuzz/idxFile.ts';
import type { FuzzTarget } from '../support/fuzz/target.ts';

const folder = mkdtempSync(join(tmpdir(), 'outlast-fuzz-gzip-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const images = join(folder, 't10k-images-idx3-ubyte.gz');

/** A packed IDX file among the four of a data set, as `--data-dir` reads them. */
export const gzip: FuzzTarget = {
  seeds: async () => {
    writeFileSync(join(folder, 't10k-labels-idx1-ubyte.gz'), gzipSync(idxFile([2], [0, 1])));
    writeFileSync(join(folder, 'train-labels-idx1-ubyte'), idxFile([1], [1]));
    writeFileSync(join(folder, 'train-images-idx3-ubyte'), idxFile([1, 2, 2], [1, 2, 3, 4]));
    return [gzipSync(idxFile([2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8]))];
  },
  read: (bytes) => {
    writeFileSync(images, bytes);
    return loadMnist(folder);
  },
};
