import { argmax, elements, spec } from '../../../../engine/index.ts';
import type { Classifier, Question } from '../../classifier/classifier.ts';
import { checkLogits } from '../../classifier/finiteLogits.ts';
import { type LossName, lossOf } from '../../losses.ts';
import type { Usage } from './ledger.ts';
import { openUsageTally, type UsageTally } from './usageTally.ts';

/** Candidates: images [rows.length, C, H, W], each for a row of the batch. A row may have several. */
export interface Candidates {
  readonly images: Float32Array;
  readonly rows: readonly number[];
}

export interface GradientQuestion extends Candidates {
  readonly loss: LossName;
  /** For each candidate. */
  readonly labels: Int32Array;
  /** The other classes of `difference` and `targeted-dlr`. */
  readonly others?: Int32Array;
}

export interface GradientAnswer {
  /** [count, classes]. */
  readonly logits: Float32Array;
  readonly losses: Float32Array;
  /** [count, C, H, W]. */
  readonly gradients: Float32Array;
}

/**
 * What an attack that thinks on the host asks the model: candidates of any number, asked in few different batch sizes, each
 * counted to the row that it is for. Compilation and first runs are timed apart. Logits that are not finite end in a
 * NonFiniteLogitsError.
 */
export interface Questions {
  readonly pixels: number;
  logits(candidates: Candidates): Promise<Float32Array>;
  /** `logits` for an attack that works meanwhile: resolves when everything is asked, and says when it is answered. */
  submit(candidates: Candidates): Promise<{ readonly answered: Promise<Float32Array> }>;
  gradients(question: GradientQuestion): Promise<GradientAnswer>;
  /** Charges a row for what was asked otherwise. */
  readonly count: UsageTally['count'];
  /** What every row has asked, and the seconds spent on compiling, since the last call. */
  readonly take: UsageTally['take'];
}

/** Images asked at once. The linear layer's sums of fewer than four rows are ordered otherwise, which would change bits. */
const SIZES = [8, 16, 32, 64, 128];
const LARGEST = 128;

/** Which executable sizes serve a number of candidates, one after the other. @param batchSize also allowed */
function sizesFor(count: number, batchSize: number): number[] {
  const sizes = batchSize >= SIZES[0] && batchSize < LARGEST ? [...SIZES, batchSize].sort((a, b) => a - b) : SIZES;
  const whole = new Array<number>(Math.floor(count / LARGEST)).fill(LARGEST);
  const rest = count % LARGEST;
  return rest === 0 ? whole : [...whole, sizes.find((size) => size >= rest) as number];
}

/** What a question asks about each of its images. */
const eachOf = ({ forwardPasses, backwardPasses, flops }: Question<unknown, unknown>['asks'], size: number): Usage => ({
  queries: forwardPasses,
  gradients: backwardPasses,
  flops: flops / size,
});

/** Questions about a batch of `rows` rows. */
export function openQuestions(classifier: Classifier, rows: number, batchSize = rows): Questions {
  const tally = openUsageTally(rows);
  const asking: Asking = { classifier, tally, sizesOf: (count) => sizesFor(count, batchSize) };
  return {
    pixels: elements(classifier.shape),
    count: tally.count,
    take: tally.take,
    submit: (candidates) => submitLogits(asking, candidates),
    logits: async (candidates) => (await submitLogits(asking, candidates)).answered,
    gradients: (question) => askGradients(asking, question),
  };
}

/** Who is asked, in which batch sizes, and where it is counted. */
interface Asking {
  readonly classifier: Classifier;
  readonly tally: UsageTally;
  sizesOf(count: number): readonly number[];
}

const compileLogits = (classifier: Classifier, size: number) =>
  classifier.compile(`classes of ${size} candidates`, { x: spec([size, ...classifier.shape]) }, ({ x }, oracle) => {
    const logits = oracle.logits(x);
    return { logits, predictions: argmax(logits, 1) };
  });

const compileGradients = (classifier: Classifier, loss: LossName, size: number) =>
  classifier.compile(
    `gradients of ${loss} of ${size} candidates`,
    { x: spec([size, ...classifier.shape]), labels: spec([size], 'i32'), others: spec([size], 'i32') },
    ({ x, labels, others }, oracle) => {
      const logits = oracle.logits(x);
      return { logits, ...oracle.lossAndGradient(x, (seen) => lossOf(loss, seen, labels, others)) };
    },
  );

/** Runs a new executable once unpaid: its first run makes what later ones find. */
async function prepare<T>(
  tally: UsageTally,
  compile: () => Promise<T>,
  first: (question: T) => Promise<void>,
): Promise<T> {
  const began = performance.now();
  const question = await compile();
  await first(question);
  tally.compiled((performance.now() - began) / 1000);
  return question;
}

/** `size` of the values from `first` on, the last place filled up with the first. */
function filled<A extends Float32Array | Int32Array>(values: A, first: number, size: number, width: number): A {
  const present = Math.min(size, values.length / width - first);
  const part = values.subarray(first * width, (first + present) * width) as A;
  if (present === size) return part;
  const whole = new (values.constructor as new (length: number) => A)(size * width);
  whole.set(part);
  for (let i = present; i < size; i++) whole.set(part.subarray(0, width), i * width);
  return whole;
}

/** Asks for logits, part by part, without waiting for the answers. */
async function submitLogits({ classifier, tally, sizesOf }: Asking, { images, rows }: Candidates) {
  const { shape, classes, name } = classifier;
  const pixels = elements(shape);
  const reading: Promise<Float32Array>[] = [];
  let first = 0;
  for (const size of sizesOf(rows.length)) {
    const question = await prepare(
      tally,
      () => compileLogits(classifier, size),
      ({ warmUp }) => warmUp(() => ({ x: new Float32Array(size * pixels) })),
    );
    const { logits } = question.run({ x: filled(images, first, size, pixels) });
    reading.push(logits.read() as Promise<Float32Array>);
    const usage = eachOf(question.asks, size);
    for (const row of rows.slice(first, first + size)) tally.count(row, usage);
    first += size;
  }
  const gathered = async () => {
    const answers = new Float32Array(rows.length * classes);
    let at = 0;
    for (const part of await Promise.all(reading)) {
      answers.set(part.subarray(0, answers.length - at), at);
      at += part.length;
    }
    checkLogits(answers, classes, name);
    return answers;
  };
  const answered = gathered();
  // A failure is told to whoever awaits the answers, which may be later than Node waits for somebody to do so.
  answered.catch(() => undefined);
  return { answered };
}

/** Asks for logits, losses and gradients, part by part. */
async function askGradients(
  { classifier, tally, sizesOf }: Asking,
  { loss, images, rows, labels, others = labels }: GradientQuestion,
): Promise<GradientAnswer> {
  const { shape, classes, name } = classifier;
  const pixels = elements(shape);
  const answer = {
    logits: new Float32Array(rows.length * classes),
    losses: new Float32Array(rows.length),
    gradients: new Float32Array(rows.length * pixels),
  };
  let first = 0;
  for (const size of sizesOf(rows.length)) {
    const zeros = { x: new Float32Array(size * pixels), labels: new Int32Array(size), others: new Int32Array(size) };
    const question = await prepare(
      tally,
      () => compileGradients(classifier, loss, size),
      ({ warmUp }) => warmUp(() => zeros),
    );
    const outputs = question.run({
      x: filled(images, first, size, pixels),
      labels: filled(labels, first, size, 1),
      others: filled(others, first, size, 1),
    });
    const present = Math.min(size, rows.length - first);
    answer.logits.set((await outputs.logits.read()).subarray(0, present * classes), first * classes);
    answer.losses.set((await outputs.losses.read()).subarray(0, present), first);
    answer.gradients.set((await outputs.gradient.read()).subarray(0, present * pixels), first * pixels);
    const usage = eachOf(question.asks, size);
    for (const row of rows.slice(first, first + present)) tally.count(row, usage);
    first += size;
  }
  checkLogits(answer.logits, classes, name);
  return answer;
}
