import { compile, type Feeds } from '../engine/compile.ts';
import type { Device, Tensor } from '../engine/device.ts';
import type { TypedArray } from '../engine/dtype.ts';
import { ShapeError } from '../engine/errors.ts';
import type { Feed } from '../engine/executable.ts';
import { gradients } from '../engine/gradients.ts';
import { elements, type Node, type Shape, spec, type TensorType, trace } from '../engine/graph.ts';
import { randomNormal } from '../engine/ops/random.ts';
import { argmax } from '../engine/ops/reduce.ts';
import { sum } from '../engine/ops/sum.ts';
import { randomWords, streamId } from '../engine/philox.ts';
import type { MapTree } from '../engine/tree.ts';
import type { ImageShape } from '../models/evaluate.ts';
import type { Model, Nodes, Specs, Weights } from '../models/model.ts';
import { crossEntropy } from './attacks/losses.ts';
import type { Defence } from './defences/defence.ts';

/** What a classifier has been asked. */
export interface Asked {
  /** Passes of whole batches. */
  readonly forwardPasses: number;
  readonly backwardPasses: number;
  /** Images shown: one for each image of each forward pass. */
  readonly queries: number;
  /** Gradients: one for each image of each backward pass. */
  readonly gradients: number;
  readonly flops: number;
}

/** How the functions that attacks compile ask the model, inside the graph. */
export interface Oracle {
  /** Images [N, C, H, W] → logits [N, classes] of the defended model. */
  logits(x: Node): Node;
  /** Gradient by the images of each one's own cross-entropy: x [N, C, H, W], labels i32 [N] → [N, C, H, W]. */
  lossGradient(x: Node, labels: Node): Node;
  /** A loss of each image and its gradient by the images: `loss` takes logits [N, classes] and gives [N]. */
  lossAndGradient(x: Node, loss: (logits: Node) => Node): { losses: Node; gradient: Node };
}

/** A compiled function of images and model. */
export interface Question<I, O> {
  /** What one run asks, all images of the batch counted. */
  readonly asks: Asked;
  run(feeds: Feeds<I>): MapTree<O, Node, Tensor>;
}

/** Inputs that are overwritten with outputs, by name. */
type Donate<I> = Readonly<Partial<Record<keyof I & string, string>>>;

/**
 * A trained, defended model as an attack sees it: batch norm uses the running statistics, pixels lie in [0, 1], and everything
 * that is asked of it is counted.
 */
export interface Classifier {
  readonly device: Device;
  readonly name: string;
  readonly shape: ImageShape;
  readonly classes: number;
  readonly defence: Defence;
  /** Lowest and highest value of a pixel. */
  readonly clipValues: readonly [0, 1];
  /** All that was asked since the classifier was made. */
  asked(): Asked;
  /** Logits [count · classes] of images [count · C · H · W]. */
  logits(images: Float32Array): Promise<Float32Array>;
  /** The class of the largest logit for each image. */
  predict(images: Float32Array): Promise<Int32Array>;
  /** Gradient of each image's own cross-entropy by its pixels. */
  lossGradient(images: Float32Array, labels: Int32Array): Promise<Float32Array>;
  /** Compiles a function that asks the model; once for each `name`, which must say all that the function depends on. */
  compile<I extends Readonly<Record<string, TensorType>>, O>(
    name: string,
    specs: I,
    fn: (inputs: MapTree<I, TensorType, Node>, oracle: Oracle) => O,
    donate?: Donate<I>,
  ): Promise<Question<I, O>>;
  /** Frees what was compiled; the weights stay the caller's. */
  free(): void;
}

export interface ClassifierOptions {
  readonly shape: ImageShape;
  readonly defence: Defence;
  /** Of a random defence's numbers, which are new at every question; 0 unless given. */
  readonly seed?: number;
}

/** Images of one forward pass when an attack does not decide. */
const LARGEST_BATCH = 250;

const NOTHING: Asked = { forwardPasses: 0, backwardPasses: 0, queries: 0, gradients: 0, flops: 0 };

const sumOf = (a: Asked, b: Asked): Asked => ({
  forwardPasses: a.forwardPasses + b.forwardPasses,
  backwardPasses: a.backwardPasses + b.backwardPasses,
  queries: a.queries + b.queries,
  gradients: a.gradients + b.gradients,
  flops: a.flops + b.flops,
});

/** Wraps a model and its weights, which must stay on the device as long as the classifier is used. */
export function createClassifier(
  device: Device,
  model: Model,
  weights: Weights,
  { shape, defence, seed = 0 }: ClassifierOptions,
): Classifier {
  const compiled = new Map<string, Promise<unknown>>();
  const executables: { free(): void }[] = [];
  let total = NOTHING;
  let runs = 0;
  const pixels = elements(shape);

  const compileQuestion: Classifier['compile'] = (name, specs, fn, donate) => {
    const existing = compiled.get(name) ?? build(name, specs, fn, donate);
    compiled.set(name, existing);
    return existing as ReturnType<typeof build<typeof specs, ReturnType<typeof fn>>>;
  };

  async function build<I extends Readonly<Record<string, TensorType>>, O>(
    name: string,
    specs: I,
    fn: (inputs: MapTree<I, TensorType, Node>, oracle: Oracle) => O,
    donate?: Donate<I>,
  ): Promise<Question<I, O>> {
    let asks = NOTHING;
    const all: Readonly<Record<string, TensorType | Specs>> = {
      ...specs,
      ...specsOf(model),
      ...(defence.random ? { defenceKey: spec([2], 'u32') } : {}),
    };
    const traced = (inputs: unknown): O => {
      const { oracle, passes } = tracing(model, inputs as ModelNodes, defence);
      const outputs = fn(inputs as MapTree<I, TensorType, Node>, oracle);
      asks = passes();
      return outputs;
    };
    const executable = await compile(traced, all, {
      device,
      name: `${name} of ${model.name}`,
      donate: donate as Readonly<Record<string, keyof O & string>> | undefined,
    });
    executables.push(executable);
    asks = { ...asks, flops: executable.plan.flops };
    return {
      asks,
      run: (feeds) => {
        total = sumOf(total, asks);
        const key = { seed, stream: streamId('classifier.defence'), substream: runs++ };
        const drawn: Readonly<Record<string, Feed>> = defence.random ? { defenceKey: randomWords(key, 2) } : {};
        return executable.run({ ...(feeds as Feeds<typeof all>), ...weights, ...drawn });
      },
    };
  }

  /** Asks in batches, and joins the answers. */
  async function inBatches<A extends TypedArray>(
    images: Float32Array,
    ask: (batch: Float32Array, count: number, first: number) => Promise<Tensor>,
    Answer: { from(values: Iterable<number>): A },
  ): Promise<A> {
    const count = images.length / pixels;
    if (!Number.isInteger(count) || count < 1)
      throw new ShapeError(`${images.length} numbers are no images of [${shape.join(', ')}]`);
    const answers: number[] = [];
    for (let first = 0; first < count; first += LARGEST_BATCH) {
      const size = Math.min(LARGEST_BATCH, count - first);
      const answer = await ask(images.subarray(first * pixels, (first + size) * pixels), size, first);
      for (const value of await answer.read()) answers.push(value);
    }
    return Answer.from(answers);
  }

  async function forward(x: Float32Array, count: number) {
    const specs = { x: spec([count, ...shape]) };
    const question = await compileQuestion(`logits of ${count} images`, specs, (inputs, oracle) => {
      const logits = oracle.logits(inputs.x);
      return { logits, predictions: argmax(logits, 1) };
    });
    return question.run({ x });
  }

  return {
    device,
    name: `${model.name} with defence ${defence.name}`,
    shape,
    classes: classesOf(model, shape),
    defence,
    clipValues: [0, 1],
    asked: () => total,
    logits: (images) => inBatches(images, async (x, count) => (await forward(x, count)).logits, Float32Array),
    predict: (images) => inBatches(images, async (x, count) => (await forward(x, count)).predictions, Int32Array),
    lossGradient: (images, labels) =>
      inBatches(
        images,
        async (x, count, first) => {
          const specs = { x: spec([count, ...shape]), labels: spec([count], 'i32') };
          const question = await compileQuestion(`loss gradient of ${count} images`, specs, (inputs, oracle) => ({
            gradient: oracle.lossGradient(inputs.x, inputs.labels),
          }));
          return question.run({ x, labels: labels.subarray(first, first + count) }).gradient;
        },
        Float32Array,
      ),
    compile: compileQuestion,
    free: () => {
      for (const executable of executables.splice(0)) executable.free();
      compiled.clear();
    },
  };
}

interface ModelNodes {
  readonly parameters: Nodes;
  readonly state: Nodes;
  readonly defenceKey?: Node;
}

const specsOf = ({ parameters, state }: Model) => ({ parameters, state });

/** The number of logits that a model gives. */
function classesOf(model: Model, shape: ImageShape): number {
  const specs = { x: spec([1, ...shape]), ...specsOf(model) };
  const { outputs } = trace(
    ({ x, parameters, state }) => model.forward(parameters, state, x, { training: false }).logits,
    specs as { x: TensorType; parameters: Specs; state: Specs },
  );
  return outputs.shape[1];
}

/** The oracle of one graph, and the passes that the graph holds. */
function tracing(model: Model, { parameters, state, defenceKey }: ModelNodes, defence: Defence) {
  const forward = new Map<Node, Node>();
  const backward: Node[] = [];
  const oracle: Oracle = {
    logits: (x) => {
      let logits = forward.get(x);
      if (logits === undefined) {
        const seen = defence.preprocess?.(x) ?? x;
        const { logits: told } = model.forward(parameters, state, seen, { training: false });
        // Every pass of a graph has its own numbers.
        const substream = forward.size;
        const normal = (shape: Shape) => {
          if (defenceKey === undefined) throw new Error(`${defence.name} draws numbers, but is not called random`);
          return randomNormal(defenceKey, shape, { stream: streamId('defence.normal'), substream });
        };
        logits = defence.postprocess?.(told, normal) ?? told;
        forward.set(x, logits);
      }
      return logits;
    },
    lossGradient: (x, labels) => oracle.lossAndGradient(x, (logits) => crossEntropy(logits, labels)).gradient,
    lossAndGradient: (x, loss) => {
      backward.push(x);
      const losses = loss(oracle.logits(x));
      return { losses, gradient: gradients(sum(losses), [x])[0] };
    },
  };
  const imagesOf = (passes: Iterable<Node>) => [...passes].reduce((images, { shape }) => images + shape[0], 0);
  const passes = (): Asked => ({
    forwardPasses: forward.size,
    backwardPasses: backward.length,
    queries: imagesOf(forward.keys()),
    gradients: imagesOf(backward),
    flops: 0,
  });
  return { oracle, passes };
}
