import { parseIdx } from '../../src/models/data/sources/idx.ts';
import { idxFile } from '../support/fuzz/idxFile.ts';
import type { FuzzTarget } from '../support/fuzz/target.ts';

/** Images of MNIST's format. */
export const idx: FuzzTarget = {
  seeds: async () => [idxFile([1, 2, 2], [1, 2, 3, 4]), idxFile([3, 1, 1], [7, 8, 9])],
  read: (bytes) => parseIdx(bytes, 'images', 3),
};
