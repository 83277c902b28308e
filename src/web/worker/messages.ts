import type { Column } from '../../../bench/devices/column.ts';
import type { Diagnosis } from '../../engine/index.ts';
import type { ImageOutcome, ImageRequest, ImageStep } from './attackImage.ts';
import type { ManyRequest, ManyStep } from './attackMany.ts';
import type { Digit, ListedAttack } from './catalogue.ts';
import type { NetworkFacts, NetworkSource } from './networks.ts';
import type { TaskContext } from './taskContext.ts';
import type { Rate } from './throughput.ts';
import type { TrainOutcome, TrainRequest, TrainStep } from './trainNetwork.ts';

/** What the page asks of its worker: a task each, with what it is given, what it tells on the way, and what it comes to. */
export interface Tasks {
  /** What the adapter offers, and what was measured of it. */
  readonly diagnose: { input: null; progress: never; result: Diagnosis };
  /** Speeds of a few kernels, told one by one. */
  readonly throughput: { input: null; progress: Rate; result: null };
  /** What the adapter does where WGSL leaves freedom; `via` names the browser. */
  readonly answers: { input: { readonly via: string }; progress: never; result: Column };
  readonly attacks: { input: null; progress: never; result: readonly ListedAttack[] };
  /** The test image of a number, from 0. */
  readonly digit: { input: number; progress: never; result: Digit };
  readonly network: { input: NetworkSource; progress: never; result: NetworkFacts };
  readonly attackImage: { input: ImageRequest; progress: ImageStep; result: ImageOutcome };
  readonly attackMany: { input: ManyRequest; progress: ManyStep; result: ManyStep };
  readonly train: { input: TrainRequest; progress: TrainStep; result: TrainOutcome };
}

export type TaskName = keyof Tasks;

/** What computes a task. */
export type Task<Name extends TaskName> = (
  input: Tasks[Name]['input'],
  context: TaskContext<Tasks[Name]['progress']>,
) => Promise<Tasks[Name]['result']>;

/** From the page to the worker. */
export type ToWorker =
  | { readonly kind: 'start'; readonly id: number; readonly name: TaskName; readonly input: unknown }
  | { readonly kind: 'cancel'; readonly id: number };

/** From the worker to the page. */
export type FromWorker =
  | { readonly kind: 'progress'; readonly id: number; readonly progress: unknown }
  | { readonly kind: 'result'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly message: string; readonly lost: boolean };
