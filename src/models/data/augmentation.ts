/** Training images changed at random, on the device: each function fits `augment` of the training options. */
import { entryOf, settingsOf } from '../../base/catalogue.ts';
import { integer } from '../../base/parameter.ts';
import { streamId } from '../../base/philox.ts';
import { type CropOptions, concatenate, crop, type Node, randomIntegers } from '../../engine/index.ts';

/** Changes images [N, C, H, W] at random: the same key, u32 [2], gives the same change again. */
export type Augmentation = (x: Node, key: Node) => Node;

export interface RandomCropOptions extends Partial<CropOptions> {
  /** Also mirrors every second image, at random, left and right. */
  readonly flip?: boolean;
}

/** The Philox streams of the draws; image n takes words 2n and 2n + 1 of the first, word n of the second. */
const CROP_STREAM = streamId('augmentation.crop');
const FLIP_STREAM = streamId('augmentation.flip');

/**
 * A random crop of each padded image, by default with the padding of 4 zeros and the mirroring that He, Zhang, Ren, Sun (CVPR
 * 2016, section 4.2) train CIFAR-10 with. Top and left are each uniform on 0 .. 2 · padding, as PyTorch's RandomCrop has them.
 * A padding of 0 leaves the mirroring alone.
 * @throws ShapeError while tracing, on a padding that does not fit the images
 */
export function randomCrop({ padding = 4, mode = 'zeros', flip = true }: RandomCropOptions = {}): Augmentation {
  return (x, key) => {
    const [images] = x.shape;
    const corners = randomIntegers(key, [images, 2], 2 * padding + 1, { stream: CROP_STREAM });
    const mirrored = randomIntegers(key, [images, 1], flip ? 2 : 1, { stream: FLIP_STREAM });
    return crop(x, concatenate([corners, mirrored], 1), { padding, mode });
  };
}

/** One augmentation after the other, on the same key: each draws from streams of its own. */
export function compose(...augmentations: readonly Augmentation[]): Augmentation {
  return (x, key) => augmentations.reduce((images, augment) => augment(images, key), x);
}

const padding = integer({ from: 1, default: 4, takes: 'pixels', about: 'how far a crop moves' });

interface NamedAugmentation<N extends string> {
  readonly name: N;
  readonly parameters: { readonly padding?: typeof padding };
  /** @returns undefined where images stay as they are */
  make(settings: { readonly padding?: number }): Augmentation | undefined;
}

const define = <const N extends string>(augmentation: NamedAugmentation<N>) => augmentation;

/** Augmentations that study files and commands know by name. */
export const AUGMENTATIONS = [
  define({ name: 'none', parameters: {}, make: () => undefined }),
  define({ name: 'crop', parameters: { padding }, make: ({ padding }) => randomCrop({ padding, flip: false }) }),
  define({ name: 'crop-flip', parameters: { padding }, make: ({ padding }) => randomCrop({ padding, flip: true }) }),
] as const;

export type AugmentationName = (typeof AUGMENTATIONS)[number]['name'];

/** An augmentation by its name, `none` unless given, with the parameters that it has. */
export interface AugmentationOptions {
  readonly augment?: AugmentationName;
  /** Pixels that a crop moves by; 4 unless given. */
  readonly padding?: number;
}

/** The augmentation of these options; undefined where images stay as they are. @throws InputError when there is none of this name */
export function augmentationOf(options: AugmentationOptions): Augmentation | undefined {
  const augmentation = entryOf('augmentation', AUGMENTATIONS, options.augment ?? 'none');
  return augmentation.make(settingsOf(augmentation, { ...options }));
}
