/** A network's file as it was read: its preprocessing and precision stand in its metadata, so that it is read so again. */
import { z } from 'zod';
import { InputError } from '../../../base/errors.ts';
import { parseMetadata } from '../../checkpoint/metadata.ts';
import { PRECISIONS } from '../../network/precision.ts';
import { inOneFile, type OnnxFile } from '../format/model.ts';
import type { Ends, LoadOptions, Reading } from './loadOptions.ts';
import { COLOUR_ORDERS, LAYOUTS, PIXEL_RANGES } from './preprocess.ts';

/** The metadata entry that says how a network is read. */
const READING = 'outlast.reading';

const readingSchema: z.ZodType<Reading> = z.strictObject({
  precision: z.enum(PRECISIONS).optional(),
  range: z.enum(PIXEL_RANGES).optional(),
  channels: z.enum(COLOUR_ORDERS).optional(),
  layout: z.enum(LAYOUTS).optional(),
  images: z.tuple([z.number(), z.number(), z.number()]).optional(),
  normalise: z.strictObject({ mean: z.array(z.number()), standardDeviation: z.array(z.number()) }).optional(),
  output: z.string().optional(),
});

/** What is said of a network's ends once. */
const SAID_ONCE: readonly (keyof Ends)[] = ['range', 'channels', 'layout', 'normalise', 'output'];

/**
 * The bytes of a network in one file, which `loadOnnx` reads so without being told again.
 * @param reading how it was read: see `OnnxNetwork`
 * @throws InputError where data in other files cannot be read
 */
export const keepOnnx = (file: OnnxFile, reading: Reading): Uint8Array => inOneFile(file, readingEntry(reading));

/** The metadata entry that says how a network is read. */
export function readingEntry(reading: Reading): Readonly<Record<string, string>> {
  const { precision, images, range, channels, layout, normalise, output } = reading;
  return { [READING]: JSON.stringify({ precision, images, range, channels, layout, normalise, output }) };
}

/** Whether a file says itself how images enter its network. */
export const tellsReading = (metadata: ReadonlyMap<string, string>): boolean => metadata.has(READING);

/**
 * The options that a network is read by: those of its file where it has some, else those that are given.
 * @throws InputError when both say the same of its ends, or the file's are none
 */
export function readingOf(metadata: ReadonlyMap<string, string>, options: LoadOptions, file: string): LoadOptions {
  const text = metadata.get(READING);
  if (text === undefined) return options;
  const reading = parseMetadata(readingSchema, READING, text, file);
  const twice = SAID_ONCE.find((key) => options[key] !== undefined);
  if (twice !== undefined)
    throw new InputError(`${file}: says itself how it is read (${READING} in its metadata); leave out ${twice}`);
  const { precision = reading.precision, images = reading.images } = options;
  return { ...options, ...reading, precision, images };
}
