import { InputError } from '../../../base/errors.ts';
import { randomWords, streamId } from '../../../base/philox.ts';
import {
  argmax,
  compile,
  type Device,
  elements,
  type Feed,
  type Feeds,
  hostArray,
  type MapTree,
  type Node,
  ShapeError,
  spec,
  type Tensor,
  type TensorType,
  type TypedArray,
  trace,
} from '../../../engine/index.ts';
import type { ImageShape, Model, Specs, Weights } from '../../../models/index.ts';
import type { ExecutableRuns } from '../attacks/run/executableRuns.ts';
import type { Defence } from '../defences/defence.ts';
import { checkLogits } from './finiteLogits.ts';
import { type Asked, type ModelNodes, NOTHING, type Oracle, openOracle, sumOf } from './oracle.ts';

/** A compiled function of images and model. */
export interface Question<I, O> {
  /** What one run asks, all images of the batch counted. */
  readonly asks: Asked;
  run(feeds: Feeds<I>): MapTree<O, Node, Tensor>;
  /** Runs once, uncounted, the first time that it is called, and waits: the first run makes what later ones find. */
  warmUp(feeds: () => Feeds<I>): Promise<void>;
  /** Runs once, uncounted, kernel by kernel. */
  time(feeds: Feeds<I>): Promise<KernelTime[]>;
}

/** A question that is asked again to be timed: with made-up values, which lie where those of its latest run lay. */
export interface Rehearsal {
  /** Runs once, uncounted, and waits until all that does not stay on the device has been read. */
  run(): Promise<void>;
  /** Frees its inputs; the question stays the classifier's. */
  free(): void;
}

/** What one kernel of a question took. */
export interface KernelTime {
  /** Op with its operands. */
  readonly label: string;
  /** On the device. */
  readonly milliseconds: number;
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
  /** How often an attack's questions are asked: once unless the defence answers at random and more was wished for. */
  readonly expectationSamples: number;
  /** Lowest and highest value of a pixel. */
  readonly clipValues: readonly [0, 1];
  /** All that was asked since the classifier was made. */
  asked(): Asked;
  /** How often each compiled function ran and was counted since the classifier was made, by its name. */
  runs(): ExecutableRuns;
  /** Prepares what was compiled under a name, and ran, to be timed. @throws Error where nothing ran under this name */
  rehearse(name: string): Rehearsal;
  /** From now on a random defence draws the numbers that it would draw for a new classifier with this seed, whatever was asked before. */
  restart(seed: number): void;
  /** Logits [count · classes] of images [count · C · H · W]. @throws NonFiniteLogitsError as `predict` does */
  logits(images: Float32Array): Promise<Float32Array>;
  /** The class of the largest logit for each image. @throws NonFiniteLogitsError where the model tells NaN or infinity */
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
  /** Seed of a random defence's numbers, which are new at every question; 0 unless given. */
  readonly seed?: number;
  /**
   * Draws of a random defence that an attack's questions are averaged over (expectation over transformations: Athalye, Engstrom,
   * Ilyas, Kwok, arXiv 1707.07397; against defences: arXiv 1802.00420); 1 unless given. Defences that are not random pass it over.
   * `logits` and `predict` tell what a user would be told: one answer.
   */
  readonly expectationSamples?: number;
}

/** Images of one forward pass when an attack does not decide. */
const LARGEST_BATCH = 250;

/** The draw of runs that are not counted: they must not move on the numbers of those that are. */
const UNCOUNTED = 0xffff_ffff;

/** Wraps a model and its weights, which must stay on the device as long as the classifier is used. */
export function createClassifier(
  device: Device,
  model: Model,
  weights: Weights,
  { shape, defence, seed: firstSeed = 0, expectationSamples: wished = 1 }: ClassifierOptions,
): Classifier {
  if (!Number.isInteger(wished) || wished < 1)
    throw new InputError(`expectation_samples is ${wished}; it must be a whole number from 1`);
  const expectationSamples = defence.random ? wished : 1;
  const compiled = new Map<string, Promise<unknown>>();
  const executables: { free(): void }[] = [];
  let total = NOTHING;
  let seed = firstSeed;
  let draw = 0;
  const counts = new Map<string, number>();
  const rehearsals = new Map<string, () => Rehearsal>();
  const pixels = elements(shape);
  const classes = classesOf(model, shape);
  const name = `${model.name} with defence ${defence.name}`;

  const compileQuestion: Classifier['compile'] = (name, specs, fn, donate) => {
    const existing = compiled.get(name) ?? build(name, specs, fn, expectationSamples, donate);
    compiled.set(name, existing);
    return existing as ReturnType<typeof build<typeof specs, ReturnType<typeof fn>>>;
  };

  async function build<I extends Readonly<Record<string, TensorType>>, O>(
    name: string,
    specs: I,
    fn: (inputs: MapTree<I, TensorType, Node>, oracle: Oracle) => O,
    draws: number,
    donate?: Donate<I>,
  ): Promise<Question<I, O>> {
    let asks = NOTHING;
    const all: Readonly<Record<string, TensorType | Specs>> = {
      ...specs,
      ...specsOf(model),
      ...(defence.random ? { defenceKey: spec([2], 'u32') } : {}),
    };
    const traced = (inputs: unknown): O => {
      const { oracle, passes } = openOracle(model, inputs as ModelNodes, defence, draws);
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
    const complete = (feeds: Feeds<I>, which: number) => {
      const key = { seed, stream: streamId('classifier.defence'), substream: which };
      const drawn: Readonly<Record<string, Feed>> = defence.random ? { defenceKey: randomWords(key, 2) } : {};
      return { ...(feeds as Feeds<typeof all>), ...weights, ...drawn };
    };
    const run = (feeds: Feeds<I>) => {
      total = sumOf(total, asks);
      counts.set(name, (counts.get(name) ?? 0) + 1);
      rehearsals.set(name, () => rehearsalOf(feeds));
      return executable.run(complete(feeds, draw++));
    };
    const staying = new Set(Object.values(donate ?? {}));
    const rehearsalOf = (like: Feeds<I>): Rehearsal => {
      const tensors: Tensor[] = [];
      const made = Object.fromEntries(
        Object.entries(specs).map(([input, type]) => {
          const values = madeUp(type);
          if (ArrayBuffer.isView((like as Feeds<Readonly<Record<string, TensorType>>>)[input])) return [input, values];
          const tensor = device.tensor(values, type.shape, type.dtype);
          tensors.push(tensor);
          return [input, tensor];
        }),
      ) as Feeds<I>;
      return {
        run: async () => {
          const outputs = Object.entries(executable.run(complete(made, UNCOUNTED)) as Readonly<Record<string, Tensor>>);
          await Promise.all(outputs.flatMap(([output, tensor]) => (staying.has(output) ? [] : [tensor.read()])));
        },
        free: () => {
          for (const tensor of tensors) device.release(tensor.buffer);
        },
      };
    };
    let warm: Promise<void> | undefined;
    return {
      asks,
      run,
      warmUp: (feeds) => {
        warm ??= (async () => {
          executable.run(complete(feeds(), UNCOUNTED));
          await device.settle(`${name} of ${model.name}`);
        })();
        return warm;
      },
      time: async (feeds) => {
        const times = await executable.time(complete(feeds, UNCOUNTED));
        return times.map((milliseconds, i) => ({ label: executable.plan.steps[i].label, milliseconds }));
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
    const largest = Math.ceil(LARGEST_BATCH / (defence.copies ?? 1));
    for (let first = 0; first < count; first += largest) {
      const size = Math.min(largest, count - first);
      const answer = await ask(images.subarray(first * pixels, (first + size) * pixels), size, first);
      for (const value of await answer.read()) answers.push(value);
    }
    return Answer.from(answers);
  }

  /** What a user would be told: one draw of a random defence. */
  const compileAnswer = (count: number) =>
    build(
      `logits of ${count} images`,
      { x: spec([count, ...shape]) },
      ({ x }, oracle) => {
        const logits = oracle.logits(x);
        return { logits, predictions: argmax(logits, 1) };
      },
      1,
    );
  const answers = new Map<number, ReturnType<typeof compileAnswer>>();

  async function forward(x: Float32Array, count: number) {
    const answer = answers.get(count) ?? compileAnswer(count);
    answers.set(count, answer);
    const told = (await answer).run({ x });
    checkLogits((await told.logits.read()) as Float32Array, classes, name);
    return told;
  }

  return {
    device,
    name,
    shape,
    classes,
    defence,
    expectationSamples,
    clipValues: [0, 1],
    asked: () => total,
    runs: () => Object.fromEntries(counts),
    rehearse: (name) => {
      const open = rehearsals.get(name);
      if (open === undefined) throw new Error(`${name}: nothing ran under this name`);
      return open();
    },
    restart: (again) => {
      seed = again;
      draw = 0;
    },
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
      answers.clear();
      rehearsals.clear();
    },
  };
}

/** Values that any question takes: grey pixels, the first class, everybody active. */
function madeUp({ shape, dtype }: TensorType): TypedArray {
  const value = dtype === 'i32' ? 0 : dtype === 'bool' || dtype === 'u32' ? 1 : 0.5;
  return hostArray(dtype, elements(shape)).fill(value as never);
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
