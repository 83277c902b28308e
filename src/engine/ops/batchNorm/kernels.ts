import shader from '../../../shaders/batchNorm/batchNorm.wgsl';
import type { Capabilities } from '../../graph/capabilities.ts';
import type { KernelCall, Node } from '../../graph/op.ts';
import type { Shape } from '../../graph/shape.ts';
import { laneConstants } from '../../kernels/lanes.ts';
import { decodesF16, storesF16 } from '../quantise/quantise.ts';

/** Members of the kernels' uniforms that do not follow from the shape; 0 where left out. */
export interface Flags {
  readonly spreadAt?: number;
  readonly spreadIsInverse?: number;
  readonly centred?: number;
  readonly relu?: number;
  readonly hasResidual?: number;
  readonly epsilon?: number;
}

/** Elements that are summed one after the other before sums are: this bounds the rounding error of a long sum. */
const ELEMENTS_PER_PART = 1024;

/** Parts whose sums a workgroup remembers. */
const MOST_PARTS = 64;

/** Elements that a workgroup computes at least: fewer would cost more to start than to compute. */
const ELEMENTS_PER_GROUP = 2048;

/**
 * Invocations of a workgroup that sums up a whole channel on a GPU: as many as WebGPU promises, for there are few channels. They add up
 * longer parts, so that they meet less often; each of them adds no more elements one after the other than fewer do.
 */
const LANES_OF_A_GPU = 256;
const ELEMENTS_PER_PART_OF_A_GPU = 4096;

/** A kernel that computes a table over the channels, each by a workgroup. */
export function channelKernel(
  entry: 'statistics' | 'gradient_sums',
  shape: Shape,
  bind: KernelCall['bind'],
  flags: Flags,
  capabilities: Capabilities,
): KernelCall {
  const [images, channels, height, width] = shape;
  const onGpu = capabilities.fastWorkgroupMemory && !capabilities.subgroupsOf8;
  const elements = onGpu ? ELEMENTS_PER_PART_OF_A_GPU : ELEMENTS_PER_PART;
  const perPart = Math.max(elements / (height * width), images / MOST_PARTS);
  const lanes = { ...laneConstants(capabilities), ...(onGpu && { LANES: LANES_OF_A_GPU }) };
  return { ...dispatchOver(shape, perPart, bind, flags, lanes), entry, bind, grid: [channels] };
}

/** A kernel that computes every element. */
export function elementKernel(
  entry: 'normalise' | 'input_gradient',
  shape: Shape,
  bind: KernelCall['bind'],
  flags: Flags,
  capabilities: Capabilities,
): KernelCall {
  const [, channels, height, width] = shape;
  const lanes = laneConstants(capabilities);
  const call = dispatchOver(shape, ELEMENTS_PER_GROUP / (height * width), bind, flags, lanes);
  return { ...call, entry, bind, grid: [channels, call.sizes.parts] };
}

/** Whether the kernels read four elements at once. */
const inFours = ([images, channels, height, width]: Shape): boolean =>
  (images * channels * height * width) % 4 === 0 && height * width >= 4;

/** Whether they may as well read and write codes of f16, two in a word: every image begins with a unit of four. */
const canBeCodes = (shape: Shape): boolean => inFours(shape) && inFours([1, ...shape.slice(1)]);

/** What the kernels that compute a table over the channels do along: they decode x. */
export const alongChannels = {
  prologue: (input: number, before: Node): boolean => input === 0 && decodesF16(before) && canBeCodes(before.shape),
};

/** What the kernels that compute every element do along: they decode x, and encode or round their result. */
export const alongElements = {
  ...alongChannels,
  epilogue: (after: Node): boolean => storesF16(after) !== null && canBeCodes(after.inputs[0].shape),
};

function dispatchOver(
  shape: Shape,
  perPart: number,
  bind: KernelCall['bind'],
  flags: Flags,
  lanes: ReturnType<typeof laneConstants>,
) {
  const [images, channels, height, width] = shape;
  const area = height * width;
  const wide = inFours(shape) ? 4 : 1;
  const imagesPerPart = Math.min(images, Math.ceil(perPart));
  return {
    shader,
    constants: { ...lanes, ...storedConstants(bind), WIDE: wide, MOST_PARTS },
    sizes: {
      images,
      channels,
      area,
      laneBits: Math.min(Math.ceil(Math.log2(area / wide)), Math.log2(lanes.LANES)),
      imagesPerPart,
      parts: Math.ceil(images / imagesPerPart),
      spreadAt: 0,
      spreadIsInverse: 0,
      centred: 0,
      relu: 0,
      hasResidual: 0,
      epsilon: 0,
      ...flags,
    },
  };
}

/** How x and y lie in memory. */
function storedConstants({ x, y }: KernelCall['bind']) {
  const stores = y?.through === undefined ? null : storesF16(y.through);
  return {
    X_CODES: Number(x.through !== undefined),
    Y_CODES: Number(stores === 'codes'),
    Y_ROUNDED: Number(stores === 'rounded'),
  };
}
