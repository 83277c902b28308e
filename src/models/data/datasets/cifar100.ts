import { defineDataset, equalClasses } from './defineDataset.ts';

/** Small photographs of a hundred kinds of things, by the fine labels. */
export const cifar100 = defineDataset({
  name: 'cifar100',
  title: 'CIFAR-100',
  source: 'Krizhevsky, Learning multiple layers of features from tiny images, 2009',
  licence: 'none stated',
  obtained: 'the official archive',
  image: [3, 32, 32],
  counts: equalClasses(100, 500, 100),
  // As published at https://www.cs.toronto.edu/~kriz/cifar.html, "binary version (suitable for C programs)".
  archive: {
    url: 'https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz',
    md5: '03b5dce01913d631647c71ecec9e9cb8',
    folder: 'cifar-100-binary',
  },
  mayBeGenerated: true,
  aliases: ['torchcifar100'],
});
