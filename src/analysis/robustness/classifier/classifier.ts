import { InputError } from '../../../base/errors.ts';
import {
  argmax,
  type Device,
  elements,
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
import { compileQuestion, type QuestionSource, specsOf } from './compileQuestion.ts';
import { checkLogits } from './finiteLogits.ts';
import type { Oracle, PassCounts } from './oracle.ts';
import type { Donate, InputTypes, Question, Rehearsal } from './question.ts';
import { RunTally } from './runTally.ts';

export type { Question } from './question.ts';

/**
 * A trained, defended model as an attack sees it: batch norm uses the running statistics, pixels lie in [0, 1], and every pass
 * through it is counted.
 */
export interface Classifier {
  readonly device: Device;
  readonly name: string;
  readonly shape: ImageShape;
  readonly classes: number;
  readonly defence: Defence;
  /** How often an attack's questions are asked: once unless the defence answers at random. */
  readonly expectationSamples: number;
  /** Lowest and highest value of a pixel. */
  readonly clipValues: readonly [0, 1];
  /** Passes of everything that ran and was counted since the classifier was made. */
  asked(): PassCounts;
  /** How often each compiled function ran and was counted since the classifier was made, by its name. */
  runs(): ExecutableRuns;
  /** Prepares what was compiled under a name, and ran, to be timed. @throws Error where nothing ran under this name */
  rehearse(name: string): Rehearsal;
  /** Starts the numbers of a random defence again, as for a new classifier with this seed. */
  restart(seed: number): void;
  /** Logits [count · classes] of images [count · C · H · W]. @throws NonFiniteLogitsError as `predict` does */
  logits(images: Float32Array): Promise<Float32Array>;
  /** The class of the largest logit for each image. @throws NonFiniteLogitsError when a logit is NaN or infinite */
  predict(images: Float32Array): Promise<Int32Array>;
  /** Gradient of the cross-entropy of each image by its pixels, [count · C · H · W]. */
  lossGradient(images: Float32Array, labels: Int32Array): Promise<Float32Array>;
  /** Compiles a function that asks the model; once for each `name`, which must say all that the function depends on. */
  compile<I extends InputTypes, O>(
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
  /** Seed of a random defence's numbers, which are new in every run; 0 by default. */
  readonly seed?: number;
  /**
   * Draws of a random defence that an attack's questions are averaged over (expectation over transformations: Athalye, Engstrom,
   * Ilyas, Kwok, arXiv 1707.07397; against defences: arXiv 1802.00420); 1 by default, and always where the defence is not random.
   * `logits` and `predict` give the answer that a user would get: that of one draw.
   */
  readonly expectationSamples?: number;
}

/** Images of one forward pass when an attack does not decide. */
const LARGEST_BATCH = 250;

/** Wraps a model and its weights, which must stay on the device as long as the classifier is used. @throws InputError */
export function createClassifier(
  device: Device,
  model: Model,
  weights: Weights,
  { shape, defence, seed = 0, expectationSamples: wished = 1 }: ClassifierOptions,
): Classifier {
  if (!Number.isInteger(wished) || wished < 1)
    throw new InputError(`expectation_samples is ${wished}; it must be a whole number from 1`);
  const expectationSamples = defence.random ? wished : 1;
  const classes = classesOf(model, shape);
  const name = `${model.name} with defence ${defence.name}`;
  const tally = new RunTally(seed);
  const { questionOf, freeQuestions } = questionsOf((source) =>
    compileQuestion({ device, model, weights, defence }, tally, source),
  );

  const compileOnce: Classifier['compile'] = (name, specs, fn, donate) =>
    questionOf(`question ${name}`, { name, specs, fn, draws: expectationSamples, donate });

  /** The answers that a user would get: those of one draw of a random defence. */
  async function answers(x: Float32Array, count: number) {
    const question = await questionOf(`answers to ${count} images`, {
      name: `logits of ${count} images`,
      specs: { x: spec([count, ...shape]) },
      fn: (inputs, oracle) => {
        const logits = oracle.logits(inputs.x);
        return { logits, predictions: argmax(logits, 1) };
      },
      draws: 1,
    });
    const outputs = question.run({ x });
    checkLogits((await outputs.logits.read()) as Float32Array, classes, name);
    return outputs;
  }

  async function lossGradient(x: Float32Array, labels: Int32Array) {
    const count = labels.length;
    const specs = { x: spec([count, ...shape]), labels: spec([count], 'i32') };
    const question = await compileOnce(`loss gradient of ${count} images`, specs, (inputs, oracle) => ({
      gradient: oracle.lossGradient(inputs.x, inputs.labels),
    }));
    return question.run({ x, labels }).gradient;
  }

  const batches = { shape, largest: Math.ceil(LARGEST_BATCH / (defence.copies ?? 1)) };
  return {
    device,
    name,
    shape,
    classes,
    defence,
    expectationSamples,
    clipValues: [0, 1],
    asked: () => tally.total,
    runs: () => tally.runs,
    rehearse: (name) => tally.rehearse(name),
    restart: (seed) => tally.restart(seed),
    logits: (images) =>
      inBatches(images, batches, async (x, { count }) => (await answers(x, count)).logits, Float32Array),
    predict: (images) =>
      inBatches(images, batches, async (x, { count }) => (await answers(x, count)).predictions, Int32Array),
    lossGradient: (images, labels) =>
      inBatches(
        images,
        batches,
        (x, { first, count }) => lossGradient(x, labels.subarray(first, first + count)),
        Float32Array,
      ),
    compile: compileOnce,
    free: () => {
      freeQuestions();
      tally.clear();
    },
  };
}

/** Compiles a question, which is freed by who asked for it. */
type CompileQuestion = <I extends InputTypes, O>(
  source: QuestionSource<I, O>,
) => Promise<Question<I, O> & { free(): void }>;

/** Questions by a key each: compiled the first time that they are asked for, and kept until they are freed. */
function questionsOf(compile: CompileQuestion) {
  const questions = new Map<string, Promise<unknown>>();
  const compiled: { free(): void }[] = [];
  async function compiledFrom<I extends InputTypes, O>(source: QuestionSource<I, O>): Promise<Question<I, O>> {
    const question = await compile(source);
    compiled.push(question);
    return question;
  }
  return {
    questionOf: <I extends InputTypes, O>(key: string, source: QuestionSource<I, O>): Promise<Question<I, O>> => {
      const question = questions.get(key) ?? compiledFrom(source);
      questions.set(key, question);
      return question as Promise<Question<I, O>>;
    },
    freeQuestions: () => {
      for (const question of compiled.splice(0)) question.free();
      questions.clear();
    },
  };
}

/** Computes something of images in batches, and joins the results. @throws ShapeError when the numbers are no whole images */
async function inBatches<A extends TypedArray>(
  images: Float32Array,
  { shape, largest }: { readonly shape: ImageShape; readonly largest: number },
  ask: (batch: Float32Array, place: { readonly first: number; readonly count: number }) => Promise<Tensor>,
  Joined: { from(values: Iterable<number>): A },
): Promise<A> {
  const pixels = elements(shape);
  const all = images.length / pixels;
  if (!Number.isInteger(all) || all < 1)
    throw new ShapeError(`${images.length} numbers are no images of [${shape.join(', ')}]`);
  const values: number[] = [];
  for (let first = 0; first < all; first += largest) {
    const count = Math.min(largest, all - first);
    const answer = await ask(images.subarray(first * pixels, (first + count) * pixels), { first, count });
    for (const value of await answer.read()) values.push(value);
  }
  return Joined.from(values);
}

/** The number of logits that a model gives. */
function classesOf(model: Model, shape: ImageShape): number {
  const specs = { x: spec([1, ...shape]), ...specsOf(model) };
  const { outputs } = trace(
    ({ x, parameters, state }) => model.forward(parameters, state, x, { training: false }).logits,
    specs as { x: TensorType; parameters: Specs; state: Specs },
  );
  return outputs.shape[1];
}
