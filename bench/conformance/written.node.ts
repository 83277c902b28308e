import { compile, type Device, elements, spec } from '../../src/engine/index.ts';
import {
  buildNetwork,
  type HostWeights,
  type ImageShape,
  initialWeights,
  type Model,
  mapValues,
  type NetworkOptions,
  type NetworkSpec,
  type Specs,
  toOnnx,
} from '../../src/models/index.ts';

/** A network that was written as an ONNX file, for another runtime to run. */
export interface WrittenNetwork {
  /** Family, batch norm, opset. */
  readonly name: string;
  /** The file, in base64. */
  readonly model: string;
  readonly shape: readonly number[];
  /** Pixels [N, C, H, W]. */
  readonly images: readonly number[];
  /** [N, classes], as outlast computes them from the network itself. */
  readonly logits: readonly number[];
}

/** A small member of every family: its settings, and the images that it takes. */
const MEMBERS: Readonly<Record<NetworkSpec['family'], readonly [settings: object, images: ImageShape]>> = {
  resnet: [{ depth: 50, width: 4, stem: 'imagenet' }, [3, 32, 32]],
  'preact-resnet': [{ depth: 18, width: 4 }, [3, 16, 16]],
  'wide-resnet': [{ depth: 16, widen: 1 }, [3, 16, 16]],
  vgg: [{ depth: 11, width: 4, hidden: 16, batchNorm: true }, [3, 64, 96]],
  densenet: [{ depth: 40, growth: 4 }, [3, 32, 32]],
  'mobilenet-v2': [{ multiplier: 0.25 }, [3, 64, 64]],
  vit: [{ depth: 2, width: 12, heads: 3, patch: 4 }, [3, 8, 8]],
  cnn: [{}, [1, 28, 28]],
  mlp: [{ depth: 2, width: 16 }, [3, 6, 6]],
};

const CLASSES = 5;
/** Another one than the two that the writer looks at. */
const BATCH = 4;
/** The oldest that is written, the default and the newest. */
const OPSETS = [13, 17, 23];

const buildMember = (family: string, settings: object, [inChannels, ...imageSize]: ImageShape): Model => {
  const statistics = Array.from({ length: inChannels }, (_, channel) => 0.4 + channel / 20);
  const normalisation = { mean: statistics, standardDeviation: statistics };
  return buildNetwork({
    family,
    ...settings,
    inChannels,
    classes: CLASSES,
    imageSize,
    normalisation,
  } as NetworkOptions);
};

/** Initial weights, with something else in each element of those that would be all 0 or all 1. */
function unevenWeights(model: Model): HostWeights {
  const { parameters, state } = initialWeights(model, 1);
  const moved = (specs: Specs, values: HostWeights['parameters']) =>
    mapValues(values, (numbers, name) =>
      specs[name].initial.kind === 'constant'
        ? numbers.map((value, i) => value + Math.abs(Math.sin(i + 1)) / 4)
        : numbers,
    );
  return { parameters: moved(model.parameters, parameters), state: moved(model.state, state) };
}

async function logitsOf(device: Device, model: Model, weights: HostWeights, x: Float32Array, shape: readonly number[]) {
  const executable = await compile(
    ({ parameters, state, x }) => ({ logits: model.forward(parameters, state, x, { training: false }).logits }),
    { parameters: { ...model.parameters }, state: { ...model.state }, x: spec(shape) },
    { device, name: model.name },
  );
  try {
    return Array.from(await executable.run({ ...weights, x }).logits.read());
  } finally {
    executable.free();
  }
}

/**
 * Writes every family of networks, with batch norm kept and folded, in several opsets.
 * @param report called with each file
 */
export async function writeNetworks(device: Device, report: (network: WrittenNetwork) => void): Promise<void> {
  for (const [family, [settings, images]] of Object.entries(MEMBERS)) {
    const model = buildMember(family, settings, images);
    const weights = unevenWeights(model);
    const shape = [BATCH, ...images];
    const pixels = Float32Array.from({ length: elements(shape) }, (_, i) => Math.abs(Math.sin(i * i * 0.37 + i)));
    const logits = await logitsOf(device, model, weights, pixels, shape);
    for (const batchNorm of ['kept', 'folded'] as const)
      for (const opset of OPSETS) {
        const bytes = toOnnx(model, weights, { images, batchNorm, opset });
        const name = `${family}, batch norm ${batchNorm}, opset ${opset}`;
        report({ name, model: Buffer.from(bytes).toString('base64'), shape, images: Array.from(pixels), logits });
      }
  }
}
