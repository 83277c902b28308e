import type { ImageShape } from '../../evaluation/evaluate.ts';
import type { Precision } from '../../network/precision.ts';
import type { OpenOptions } from '../graph/open.ts';
import type { Preprocessing } from './preprocess.ts';

/** How images enter a network, and where its logits leave it. */
export interface Ends extends Preprocessing {
  /** The output, or any value of the graph by its name, that holds the logits; the file's first output unless given. */
  readonly output?: string;
}

/** A network's ends, and what it computes in. */
export interface Reading extends Ends {
  /** f32 unless given. */
  readonly precision?: Precision;
  /** Size of the images, where the file leaves it open. */
  readonly images?: ImageShape;
}

/** How a network is read from an ONNX file. */
export interface LoadOptions extends Omit<OpenOptions, 'outputs'>, Reading {
  /** Whose images have the size that is given, for messages. */
  readonly imagesOf?: string;
}
