import { z } from 'zod';
import { listed } from '../../../base/parameter.ts';
import {
  type ClassCounts,
  DATASETS,
  type DataSpec,
  type DatasetName,
  datasetNamed,
  LONGEST_SIDE,
  SOURCE_NAMES,
  shuffledSizes,
  testClassCounts,
} from '../../../models/index.ts';
import { positiveInteger, record } from './fields.ts';

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

/** Images in each part of a published data set; a folder's are counted before a run. */
function sizesOf(name: DatasetName): { readonly train: number; readonly test: number } {
  const { train, test } = datasetNamed(name).counts;
  return { train: sum(train), test: sum(test) };
}

/** Data sets that files made by a program may stand for. */
const GENERATED: readonly string[] = DATASETS.filter((dataset) => 'mayBeGenerated' in dataset).map(({ name }) => name);

const side = z.int().min(1).max(LONGEST_SIDE).optional();

/** A data set of a study file. */
export const dataSchema = record({
  name: z.enum(SOURCE_NAMES),
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
  validation: positiveInteger
    .optional()
    .describe('Images of those to train on that are held out and classified after every epoch, for patience.'),
  generated: z
    .boolean()
    .default(false)
    .describe('The files were made by a program in the format of the data set; the report says so.'),
})
  .superRefine(({ name, path, resize, crop, split, generated, validation = 0, ...sizes }, context) => {
    const mistake = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message });
    if (generated && !GENERATED.includes(name))
      mistake('generated', `only for ${listed(GENERATED, 'and')}, whose formats are generated; not for ${name}`);
    const held = (train: number | null) => {
      if (train !== null && validation >= train)
        mistake('validation', `${validation} images are held out, but only ${train} are to train on`);
    };
    if (name === 'folder') {
      held(sizes.train);
      if (path === undefined) mistake('path', 'missing; the folder that holds a folder of images for each class');
      return;
    }
    if (path !== undefined) mistake('path', `only for name: folder; the files of ${name} are named by --data-dir`);
    if (resize !== undefined || crop !== undefined)
      mistake(
        resize === undefined ? 'crop' : 'resize',
        `only for name: folder, whose images may differ in size; those of ${name} do not`,
      );
    const published = sizesOf(name);
    held(trainingImages({ name, train: sizes.train, test: sizes.test, ...(split === 'shuffled' && { split }) }));
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
  .transform(({ name, path = '', resize, crop, split, train, test, validation, generated }): DataSpec => {
    const size = { ...(resize && { resize }), ...(crop && { crop }) };
    const source = name === 'folder' ? { name, path, ...size } : { name };
    // Left out where it is standard: configurations, and with them trials, keep their identity.
    return {
      ...source,
      ...(split === 'standard' ? {} : { split }),
      ...(generated ? { generated: true as const } : {}),
      train,
      test,
      ...(validation === undefined ? {} : { validation }),
    };
  })
  .meta({ id: 'data' });

/** How many images there will be for testing, where that is known before they are read. */
export function testImages(data: DataSpec): number | null {
  if (data.test !== null) return data.test;
  if (data.name === 'folder') return null;
  const { train, test } = sizesOf(data.name);
  return data.split === 'shuffled' ? shuffledSizes(data.name, train + test, data.train, null)[1] : test;
}

/** How many images there will be to train on, without those held out, where that is known before they are read. */
export function trainingImages(data: DataSpec): number | null {
  const all = partToTrainOn(data);
  return all === null ? null : all - (data.validation ?? 0);
}

function partToTrainOn(data: DataSpec): number | null {
  if (data.train !== null) return data.train;
  if (data.name === 'folder') return null;
  const { train, test } = sizesOf(data.name);
  return data.split === 'shuffled' ? shuffledSizes(data.name, train + test, null, data.test)[0] : train;
}

/** Test images of each class, where that is known before they are counted. @param counted those of a folder, once they are */
export function testImagesByClass(data: DataSpec, counted?: ClassCounts): readonly number[] | null {
  const counts = data.name === 'folder' ? counted : datasetNamed(data.name).counts;
  if (counts === undefined) return null;
  const { split = 'standard', train, test } = data;
  return testClassCounts(data.name === 'folder' ? data.path : data.name, counts, { split, train, test });
}
