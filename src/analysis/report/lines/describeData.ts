import type { DataSpec, ImageSize } from '../../../models/index.ts';
import { count } from '../page/format.ts';

/** `cifar10, training and test images shuffled by the seed: 48,000 training and 12,000 test images`. */
export function describeData(data: DataSpec): string {
  const source = data.name === 'folder' ? `${data.name} ${data.path}${describeSize(data)}` : data.name;
  const name = data.generated ? `${source} (generated images, not those of the data set)` : source;
  const size = (images: number | null, whole: string) => (images === null ? whole : count(images));
  const [split, train, test] =
    data.split === 'shuffled'
      ? [
          ', training and test images shuffled by the seed',
          size(data.train, '80 % for'),
          size(data.test, 'the rest as'),
        ]
      : ['', size(data.train, 'all'), size(data.test, 'all')];
  return `${name}${split}: ${train} training and ${test} test images`;
}

/** `, resized to 256 and cropped to 224 pixels`; nothing where images stay as they are. */
function describeSize({ resize, crop }: ImageSize): string {
  const done = [...(resize ? [`resized to ${resize}`] : []), ...(crop ? [`cropped to ${crop}`] : [])];
  return done.length === 0 ? '' : `, ${done.join(' and ')} pixels`;
}
