import { expect, test } from 'vitest';
import { emnistNamed, memberOf } from '../../../../src/models/data/sources/mnistFamily.ts';

/** MD5 sums of the compressed files in torchvision 0.20, `torchvision/datasets/mnist.py`. */
const FASHION = [
  '8d4fb7e6c68d591d4c3dfef9ec88bf0d',
  '25c81989df183df01b3e8a0aad5dffbe',
  'bef4ecab320f06d8554ea6380940ec79',
  'bb300cfdad3c16e7a12a480ee83cd310',
];
const KUZUSHIJI = [
  'bdb82020997e1d708af4cf47b453dcf7',
  'e144d726b3acfaa3e44228e80efcd344',
  '5c965bf0a639b31b8f53240b1b52f4d7',
  '7320c461ea6c1c855c0b718fb2a4b134',
];

test('data sets are told by the sums of their files', () => {
  // Of a packed file the sum of what is in it comes first, which nobody published.
  const known = (sums: readonly string[]) => memberOf(sums.map((sum) => ['0'.repeat(32), sum]));
  expect(known(FASHION)).toMatchObject({ name: 'fashion-mnist', classNames: { length: 10, 9: 'Ankle boot' } });
  expect(known(KUZUSHIJI)).toMatchObject({ name: 'kmnist', classNames: { length: 10, 0: 'o' } });
  expect(known([...FASHION.slice(0, 3), KUZUSHIJI[3]])).toBeNull();
  expect(known([...FASHION.slice(0, 3), 'f'.repeat(32)])).toBeNull();
  expect(memberOf([[], [], [], []])).toBeNull();
});

test('the parts of EMNIST have as many classes as table II of its paper says (Cohen et al., arXiv 1702.05373)', () => {
  const sizes = { byclass: 62, bymerge: 47, balanced: 47, letters: 26, digits: 10, mnist: 10 };
  for (const [part, classes] of Object.entries(sizes))
    expect(emnistNamed(`emnist-${part}`)?.classNames).toHaveLength(classes);
  // emnist-balanced-mapping.txt: 36 is 97 (a), 37 is 98 (b), 38 is 100 (d), 46 is 116 (t).
  expect(emnistNamed('emnist-balanced')?.classNames.slice(36)).toEqual([...'abdefghnqrt']);
  expect(emnistNamed('emnist-letters')?.firstLabel).toBe(1);
  expect(emnistNamed('emnist-other')).toBeNull();
  expect(emnistNamed('')).toBeNull();
});
