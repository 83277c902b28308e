import type { Dataset } from '../data/dataset.ts';

/** What a network says of the images that it takes. */
interface Taken {
  readonly channels: number;
  readonly classes: number;
  /** Height and width in pixels; undefined: any. */
  readonly imageSize?: readonly [height: number, width: number];
}

/** Why a network cannot take the images of a data set, to follow its name, and whether it is their size alone. */
export interface ImageMismatch {
  readonly part: 'channels or classes' | 'size';
  readonly message: string;
}

/** Finds out whether a network takes the images of a data set; null: it does. @param name what the message calls the data set */
export function imageMismatch(
  { channels, classes, imageSize }: Taken,
  dataset: Pick<Dataset, 'channels' | 'classes' | 'height' | 'width'>,
  name: string,
): ImageMismatch | null {
  if (channels !== dataset.channels || classes !== dataset.classes)
    return {
      part: 'channels or classes',
      message: `takes ${channels} channels and tells ${classes} classes; ${name} has ${dataset.channels} and ${dataset.classes}`,
    };
  if (imageSize === undefined) return null;
  const [height, width] = imageSize;
  if (height === dataset.height && width === dataset.width) return null;
  return {
    part: 'size',
    message: `takes images of ${width} x ${height} pixels; those of ${name} have ${dataset.width} x ${dataset.height}`,
  };
}
