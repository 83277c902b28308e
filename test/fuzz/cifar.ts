import { CIFAR100, parseCifar } from '../../src/models/data/sources/cifar.ts';
import { cifarFile } from '../support/cifarFiles.ts';
import type { FuzzTarget } from '../support/fuzz/target.ts';

/** The binary version of CIFAR-100, whose records have both kinds of labels. */
export const cifar: FuzzTarget = {
  seeds: async () => [
    cifarFile([[3, 40]]),
    cifarFile([
      [0, 0],
      [19, 99],
    ]),
  ],
  read: (bytes) => parseCifar([{ file: 'train.bin', bytes }], CIFAR100),
};
