import { defineDataset, equalClasses } from './defineDataset.ts';

/** Small photographs of ten kinds of animals and vehicles. */
export const cifar10 = defineDataset({
  name: 'cifar10',
  title: 'CIFAR-10',
  source: 'Krizhevsky, Learning multiple layers of features from tiny images, 2009',
  licence: 'none stated',
  obtained: 'the official archive',
  image: [3, 32, 32],
  counts: equalClasses(10, 5000, 1000),
  // As published at https://www.cs.toronto.edu/~kriz/cifar.html, "binary version (suitable for C programs)".
  archive: {
    url: 'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz',
    md5: 'c32a1d4ab5d03f1284b67883e8d87530',
    folder: 'cifar-10-batches-bin',
  },
  mayBeGenerated: true,
  aliases: ['cifar', 'torchcifar10'],
});
