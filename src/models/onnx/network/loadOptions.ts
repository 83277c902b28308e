import type { ImageShape } from '../../evaluation/evaluate.ts';
import type { Precision } from '../../network/precision.ts';
import type { OpenOptions } from '../graph/open.ts';
import type { Preprocessing } from './preprocess.ts';

/** How images enter a network, and what it computes in. */
export interface Reading extends Preprocessing {
  /** f32 unless given. */
  readonly precision?: Precision;
  /** Size of the images, where the file leaves it open. */
  readonly images?: ImageShape;
}

/** How a network is read from an ONNX file. */
export interface LoadOptions extends Omit<OpenOptions, 'outputs'>, Reading {
  /** Whose images have the size that is given, for messages. */
  readonly imagesOf?: string;
  /** The output that holds the logits; the first unless given. */
  readonly output?: string;
}
