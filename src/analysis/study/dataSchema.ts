import { z } from 'zod';
import { LONGEST_SIDE } from '../../models/data/image.ts';
import { shuffledSizes } from '../../models/data/splits.ts';
import { positiveInteger, record } from './fields.ts';
import type { DataSpec } from './trial.ts';

/** Images in each split of the data sets that are published; a folder's are counted when it is read. */
const SPLIT_SIZES = {
  mnist: { train: 60_000, test: 10_000 },
  cifar10: { train: 50_000, test: 10_000 },
  cifar100: { train: 50_000, test: 10_000 },
} as const;

const side = z.int().min(1).max(LONGEST_SIDE).optional();

/** A data set of a study file. */
export const dataSchema = record({
  name: z.enum(['mnist', 'cifar10', 'cifar100', 'folder']),
  path: z.string().min(1).optional().describe('Folder of PNG or JPEG images by class, for name: folder.'),
  resize: side.describe("Shorter side that a folder's images get, as torchvision's Resize."),
  crop: side.describe("Side of the square cut out of their middle, after that, as torchvision's CenterCrop."),
  split: z
    .enum(['standard', 'shuffled'])
    .default('standard')
    .describe('As published, or joined and divided anew by the seed.'),
  train: positiveInteger
    .nullish()
    .transform((size) => size ?? null)
    .describe('Training images, each class in proportion.'),
  test: positiveInteger
    .nullish()
    .transform((size) => size ?? null)
    .describe('Images for testing, from which those to attack are taken.'),
  generated: z
    .boolean()
    .default(false)
    .describe('The files were made by a program in the format of the data set; the report says so.'),
})
  .superRefine(({ name, path, resize, crop, split, generated, ...sizes }, context) => {
    const mistake = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message });
    if (generated && name !== 'cifar10' && name !== 'cifar100')
      mistake('generated', `only for cifar10 and cifar100, whose formats are generated; not for ${name}`);
    if (name === 'folder') {
      if (path === undefined) mistake('path', 'missing; the folder that holds a folder of images for each class');
      return;
    }
    if (path !== undefined) mistake('path', `only for name: folder; the files of ${name} are named by --data-dir`);
    if (resize !== undefined || crop !== undefined)
      mistake(
        resize === undefined ? 'crop' : 'resize',
        `only for name: folder, whose images may differ in size; those of ${name} do not`,
      );
    const published = SPLIT_SIZES[name];
    const parts = ['train', 'test'] as const;
    if (split === 'standard') {
      for (const part of parts)
        if ((sizes[part] ?? 0) > published[part])
          mistake(part, `${sizes[part]} images, but the ${part} split of ${name} has ${published[part]}`);
      return;
    }
    const all = published.train + published.test;
    const wanted = (sizes.train ?? 1) + (sizes.test ?? 1);
    if (wanted > all)
      mistake(sizes.train === null ? 'test' : 'train', `${wanted} images in both parts, but ${name} has ${all}`);
  })
  .transform(({ name, path = '', resize, crop, split, train, test, generated }): DataSpec => {
    const size = { ...(resize && { resize }), ...(crop && { crop }) };
    const source = name === 'folder' ? { name, path, ...size } : { name };
    // Left out where it is standard: configurations, and with them trials, keep their identity.
    return {
      ...source,
      ...(split === 'standard' ? {} : { split }),
      ...(generated ? { generated: true as const } : {}),
      train,
      test,
    };
  })
  .meta({ id: 'data' });

/** How many images there will be for testing, where that is known before they are read. */
export function testImages(data: DataSpec): number | null {
  if (data.test !== null) return data.test;
  if (data.name === 'folder') return null;
  const { train, test } = SPLIT_SIZES[data.name];
  return data.split === 'shuffled' ? shuffledSizes(data.name, train + test, data.train, null)[1] : test;
}

/** How many images there will be for training, where that is known before they are read. */
export function trainingImages(data: DataSpec): number | null {
  if (data.train !== null) return data.train;
  if (data.name === 'folder') return null;
  const { train, test } = SPLIT_SIZES[data.name];
  return data.split === 'shuffled' ? shuffledSizes(data.name, train + test, null, data.test)[0] : train;
}
