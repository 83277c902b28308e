import type { ImageShape } from '../../../../../models/index.ts';
import type { Classifier } from '../../../classifier/classifier.ts';
import type { NormName } from '../../../norms.ts';
import type { Batch } from '../../run/batch.ts';
import type { Method, StepContext } from '../../run/method.ts';
import { largestPlace, lengthOf, marked, rowOf } from '../../run/rows.ts';

/**
 * A search around one image by classes alone: it yields images [n, pixels], and is answered which of them are misclassified. It must be
 * a function of its subject and the answers, as an interrupted search is repeated on the answers that it had.
 */
export type LabelSearch<T = void> = Generator<Float32Array, T, readonly boolean[]>;

/** What a search is about. */
export interface Subject {
  /** [C, H, W], pixels in [0, 1]. */
  readonly original: Float32Array;
  readonly shape: ImageShape;
  /** The index of the sample, which its random numbers follow. */
  readonly sample: number;
}

/** An attack that searches around each image for itself. */
interface LabelSearches {
  readonly norm: NormName;
  /** Largest distance of a success; without it any misclassified image is one, and the search goes on for nearer ones. */
  readonly eps?: number;
  /** Most turns of a search, and with `queries` most images that it asks about. */
  readonly steps: number;
  readonly queries?: number;
  /** Images of every turn, where that is known. */
  readonly price?: number;
  search(subject: Subject): LabelSearch;
}

/** Answers decide all else, so that they are what is saved of a search. */
interface LabelSearchState {
  /** The nearest misclassified images, the originals where there is none. */
  readonly images: Float32Array;
  readonly distance: Float64Array;
  /** What each row has been answered, in the order of its questions. */
  readonly answers: readonly boolean[][];
}

/** A search that waits for answers to what it asks; `asks` is null where it has ended. */
interface Waiting {
  readonly search: LabelSearch;
  asks: Float32Array | null;
}

/** A distance must fall by more than rounding to float32 can feign. */
const NEARER = 1 - 1e-6;

const copyOf = ({ images, distance, answers }: LabelSearchState): LabelSearchState => ({
  images: images.slice(),
  distance: distance.slice(),
  answers: answers.map((row) => row.slice()),
});

/** Whether one image is misclassified. */
export function* isMisclassified(image: Float32Array): LabelSearch<boolean> {
  const [answer] = yield image;
  return answer;
}

/**
 * Searches by classes alone as steps: in each, every search that has not ended asks what it wants to know next, all at once. The nearest
 * misclassified image of all that were asked about is the result. No search knows of another, so the batch size changes nothing.
 */
export function labelSearchMethod(
  { classes, shape }: Pick<Classifier, 'classes' | 'shape'>,
  { norm, eps, steps, queries = Number.POSITIVE_INFINITY, price, search }: LabelSearches,
): Method<LabelSearchState> {
  const waiting = new Map<number, Waiting>();
  let current: LabelSearchState | undefined;

  const waitingAt = (state: LabelSearchState, batch: Batch, row: number, pixels: number): Waiting =>
    waiting.get(row) ?? begin(state, batch, row, pixels);

  /** Begins a row's search, and repeats what it was answered. */
  function begin({ answers }: LabelSearchState, batch: Batch, row: number, pixels: number): Waiting {
    const begun = search({ original: rowOf(batch.images, row, pixels), shape, sample: batch.sample[row] });
    const waits: Waiting = { search: begun, asks: begun.next().value ?? null };
    for (let at = 0; waits.asks !== null && at < answers[row].length; ) {
      const count = waits.asks.length / pixels;
      reply(waits, answers[row].slice(at, at + count));
      at += count;
    }
    waiting.set(row, waits);
    return waits;
  }

  return {
    steps,
    images: ({ images }) => images,
    ...(price !== undefined && { price: { queries: price, gradients: 0 } }),
    open: ({ images, size }) => ({
      images: images.slice(),
      distance: new Float64Array(size).fill(Number.POSITIVE_INFINITY),
      answers: Array.from({ length: size }, () => []),
    }),
    step: async (given, { rows, batch, ask }) => {
      // A state that was given to go on from stays as it is.
      const state = current === undefined || given !== current ? copyOf(given) : current;
      current = state;
      const { pixels } = ask;
      const asking = rows.map((row) => {
        const { asks } = waitingAt(state, batch, row, pixels);
        const left = queries - state.answers[row].length;
        return { row, images: asks?.subarray(0, Math.min(asks.length, left * pixels)) ?? new Float32Array(0) };
      });
      const wrong = await areMisclassified(asking, { batch, ask }, classes);
      const ended = marked(batch.size, []);
      asking.forEach(({ row, images }, i) => {
        keepNearest(state, { row, images, wrong: wrong[i], original: rowOf(batch.images, row, pixels) }, norm);
        state.answers[row].push(...wrong[i]);
        const waits = waitingAt(state, batch, row, pixels);
        if (state.answers[row].length >= queries) ended[row] = true;
        else ended[row] = reply(waits, wrong[i]) === null;
      });
      const isWithin = Array.from(state.distance, (length) => length <= (eps ?? Number.MAX_VALUE));
      return {
        state,
        wrong: isWithin,
        finished: ended.map((is, row) => is || (eps !== undefined && isWithin[row])),
      };
    },
    store: async (state) => copyOf(state),
  };
}

/** Answers a search. @returns what it asks next, null where it has ended */
function reply(waits: Waiting, answers: readonly boolean[]): Float32Array | null {
  waits.asks = waits.search.next(answers).value ?? null;
  return waits.asks;
}

/** Which images of each row are misclassified, all asked about at once. */
async function areMisclassified(
  asking: readonly { readonly row: number; readonly images: Float32Array }[],
  { batch, ask }: Pick<StepContext, 'batch' | 'ask'>,
  classes: number,
): Promise<boolean[][]> {
  const { pixels } = ask;
  const images = new Float32Array(asking.reduce((sum, each) => sum + each.images.length, 0));
  let at = 0;
  for (const each of asking) {
    images.set(each.images, at);
    at += each.images.length;
  }
  const rows = asking.flatMap((each) => new Array<number>(each.images.length / pixels).fill(each.row));
  const logits = await ask.logits({ images, rows });
  let first = 0;
  return asking.map((each) =>
    Array.from({ length: each.images.length / pixels }, () => {
      const predicted = largestPlace(rowOf(logits, first++, classes));
      return predicted !== batch.labels[each.row];
    }),
  );
}

/** What a row asked about, and was answered. */
interface Answered {
  readonly row: number;
  readonly images: Float32Array;
  readonly wrong: readonly boolean[];
  readonly original: Float32Array;
}

/** Keeps the nearest of the misclassified images, in place. */
function keepNearest({ images: kept, distance }: LabelSearchState, answered: Answered, norm: NormName): void {
  const { row, images, wrong, original } = answered;
  const pixels = original.length;
  wrong.forEach((isWrong, i) => {
    if (!isWrong) return;
    const image = rowOf(images, i, pixels);
    const length = lengthOf(image, norm, original);
    if (!(length < distance[row] * NEARER)) return;
    distance[row] = length;
    kept.set(image, row * pixels);
  });
}
