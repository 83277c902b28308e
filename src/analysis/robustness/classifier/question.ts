import type { Feeds, MapTree, Node, Tensor, TensorType } from '../../../engine/index.ts';
import type { PassCounts } from './oracle.ts';

/** A compiled function of images and model. */
export interface Question<I, O> {
  /** Passes of one run, all images of the batch counted. */
  readonly asks: PassCounts;
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

/** Types of a question's inputs, by their names. */
export type InputTypes = Readonly<Record<string, TensorType>>;

/** Inputs that are overwritten with outputs, by name. */
export type Donate<I> = Readonly<Partial<Record<keyof I & string, string>>>;
