import { InputError } from '../../../base/errors.ts';
import { quote } from '../../checkpoint/header.ts';
import type { ImageShape } from '../../evaluation/evaluate.ts';
import type { NodeProto } from '../format/schema.ts';
import type { Declared, OnnxGraph } from '../graph/open.ts';
import type { LoadOptions } from './loadOptions.ts';

/** The input and the output of a graph that classifies images. */

/** Where the images go in. */
export interface ImageInput {
  readonly name: string;
  readonly images: ImageShape;
  readonly layout: Layout;
  /** The number of images that the file was written for; undefined: any. */
  readonly batch: number | undefined;
}

type Layout = NonNullable<LoadOptions['layout']>;

type InputOptions = Pick<LoadOptions, 'images' | 'imagesOf' | 'layout'>;

/** @throws InputError when there is not one input of images, or the file does not say how large they are */
export function imageInput({ file, inputs }: OnnxGraph, options: InputOptions): ImageInput {
  const [input] = inputs;
  if (inputs.length !== 1)
    throw new InputError(
      `${file}: has ${inputs.length} inputs (${inputs.map(({ name }) => quote(name)).join(', ')}); a classifier has one, the images`,
    );
  const shape = input.shape ?? [null, null, null, null];
  if (shape.length !== 4)
    throw new InputError(
      `${file}: its input ${quote(input.name)} is [${shapeText(shape)}]; images are [N, C, H, W] or [N, H, W, C]`,
    );
  const layout = options.layout ?? layoutOf(shape);
  const [batch, ...axes] = shape;
  const [channels, height, width] = layout === 'nchw' ? axes : [axes[2], axes[0], axes[1]];
  const images = [channels, height, width].map((length, axis) => sizeOf(length, axis, options, input, file));
  return {
    name: input.name,
    images: [images[0], images[1], images[2]],
    layout,
    batch: typeof batch === 'number' && batch > 0 ? batch : undefined,
  };
}

/** Whether a file does not say how large its images are. */
export const leavesSizeOpen = ({ inputs: [input] }: OnnxGraph): boolean =>
  (input?.shape ?? [null, null]).slice(1).some((length) => typeof length !== 'number' || length < 1);

const shapeText = (shape: NonNullable<Declared['shape']>): string =>
  shape.map((length) => (length === null || length === -1 ? '?' : length)).join(', ');

/** [N, H, W, C] where only the last axis has as few lengths as images have channels. */
const layoutOf = ([, first, , last]: NonNullable<Declared['shape']>): Layout => {
  const isFew = (length: number | string | null) => typeof length === 'number' && length >= 1 && length <= 4;
  return isFew(last) && !isFew(first) ? 'nhwc' : 'nchw';
};

function sizeOf(
  declared: number | string | null,
  axis: number,
  { images, imagesOf }: InputOptions,
  { name, shape }: Declared,
  file: string,
): number {
  const size = typeof declared === 'number' && declared > 0 ? declared : images?.[axis];
  if (size === undefined)
    throw new InputError(
      `${file}: its input ${quote(name)} is [${shapeText(shape ?? [])}]; say the size of the images, channels, height and width`,
    );
  if (images !== undefined && images[axis] !== size)
    throw new InputError(
      `${file}: takes images of [${shapeText(shape ?? [])}], ${imagesOf === undefined ? 'not of' : `those of ${imagesOf} are`} [${images.join(', ')}]`,
    );
  return size;
}

/** What makes probabilities of logits at the end of a network. */
export type Squashing = 'softmax' | 'sigmoid';

interface UntilLogits {
  readonly graph: OnnxGraph;
  readonly probabilities: Squashing | null;
}

/**
 * The graph up to its logits: a softmax or a sigmoid at the end is left out, because the gradient of a probability near 0 or 1 vanishes.
 * @returns which there was; null where there was none
 */
export function untilLogits(graph: OnnxGraph): UntilLogits {
  const [output] = graph.outputs;
  const last = graph.nodes.find(({ proto }) => proto.output.includes(output.name));
  if (last === undefined) return { graph, probabilities: null };
  const squashing = squashingOf(last.proto);
  if (squashing === null && last.proto.opType !== 'Identity') return { graph, probabilities: null };
  const before = {
    ...graph,
    nodes: graph.nodes.filter((node) => node !== last),
    outputs: [{ name: last.proto.input[0], type: undefined, shape: undefined }],
  };
  if (squashing !== null) return { graph: before, probabilities: squashing };
  const further = untilLogits(before);
  return further.probabilities === null ? { graph, probabilities: null } : further;
}

function squashingOf({ opType, attribute }: NodeProto): Squashing | null {
  if (opType === 'Sigmoid') return 'sigmoid';
  const axis = attribute.find(({ name }) => name === 'axis')?.i;
  return opType === 'Softmax' && (axis === undefined || axis === 1 || axis === -1) ? 'softmax' : null;
}
