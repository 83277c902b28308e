import {
  compile,
  type Device,
  elements,
  type Feed,
  type Feeds,
  hostArray,
  type MapTree,
  type Node,
  spec,
  type Tensor,
  type TensorType,
  type TypedArray,
} from '../../../engine/index.ts';
import { type Model, type Specs, WEIGHTS, type Weights } from '../../../models/index.ts';
import type { Defence } from '../defences/defence.ts';
import { type ModelNodes, NO_PASSES, type Oracle, openOracle, type PassCounts } from './oracle.ts';
import type { Donate, InputTypes, Question, Rehearsal } from './question.ts';
import type { RunTally } from './runTally.ts';

/** A question before it is compiled. */
export interface QuestionSource<I extends InputTypes, O> {
  /** All that the function depends on. */
  readonly name: string;
  readonly specs: I;
  fn(inputs: MapTree<I, TensorType, Node>, oracle: Oracle): O;
  /** Draws of a random defence that every answer is the mean of. */
  readonly draws: number;
  readonly donate?: Donate<I>;
}

/** A model under a defence, its weights on a device. */
export interface DefendedModel {
  readonly device: Device;
  readonly model: Model;
  readonly weights: Weights;
  readonly defence: Defence;
}

/** Compiles a question. @param tally counts its runs, and numbers the draws of a random defence */
export async function compileQuestion<I extends InputTypes, O>(
  { device, model, weights, defence }: DefendedModel,
  tally: RunTally,
  { name, specs, fn, draws, donate }: QuestionSource<I, O>,
): Promise<Question<I, O> & { free(): void }> {
  let passes = NO_PASSES;
  const all: Readonly<Record<string, TensorType | Specs>> = {
    ...specs,
    ...specsOf(model),
    ...(defence.random ? { defenceKey: spec([2], 'u32') } : {}),
  };
  const traced = (inputs: unknown): O => {
    const opened = openOracle(model, inputs as ModelNodes, defence, draws);
    const outputs = fn(inputs as MapTree<I, TensorType, Node>, opened.oracle);
    passes = opened.passes();
    return outputs;
  };
  const executable = await compile(traced, all, {
    device,
    name: `${name} of ${model.name}`,
    donate: donate as Readonly<Record<string, keyof O & string>> | undefined,
    constants: WEIGHTS,
  });
  const complete = (feeds: Feeds<I>, key: () => Uint32Array) => {
    const drawn: Readonly<Record<string, Feed>> = defence.random ? { defenceKey: key() } : {};
    return { ...(feeds as Feeds<typeof all>), ...weights, ...drawn };
  };
  const next = () => tally.nextKey();
  const uncounted = () => tally.uncountedKey();
  const asks: PassCounts = { ...passes, flops: executable.plan.flops };
  const staying = new Set(Object.values(donate ?? {}));
  const rehearse = (latest: Feeds<I>): Rehearsal => {
    const { feeds, free } = madeUpFeeds(device, specs, latest);
    const run = async () => {
      const outputs = Object.entries(executable.run(complete(feeds, uncounted)) as Readonly<Record<string, Tensor>>);
      await Promise.all(outputs.flatMap(([output, tensor]) => (staying.has(output) ? [] : [tensor.read()])));
    };
    return { run, free };
  };
  let warm: Promise<void> | undefined;
  return {
    asks,
    run: (feeds) => {
      tally.count(name, asks, () => rehearse(feeds));
      return executable.run(complete(feeds, next));
    },
    warmUp: (feeds) => {
      warm ??= (async () => {
        executable.run(complete(feeds(), uncounted));
        await device.settle(`${name} of ${model.name}`);
      })();
      return warm;
    },
    time: async (feeds) => {
      const times = await executable.time(complete(feeds, uncounted));
      return times.map((milliseconds, i) => ({ label: executable.plan.steps[i].label, milliseconds }));
    },
    free: () => executable.free(),
  };
}

/** Types of a model's weights, by their names. */
export const specsOf = ({ parameters, state }: Model) => ({ parameters, state });

/** Values for every input, on the host or on the device as those of the latest run were; `free` frees the latter. */
function madeUpFeeds<I extends InputTypes>(device: Device, specs: I, latest: Feeds<I>) {
  const tensors: Tensor[] = [];
  const given = latest as Feeds<InputTypes>;
  const feeds = Object.fromEntries(
    Object.entries(specs).map(([input, type]) => {
      const values = madeUp(type);
      if (ArrayBuffer.isView(given[input])) return [input, values];
      const tensor = device.tensor(values, type.shape, type.dtype);
      tensors.push(tensor);
      return [input, tensor];
    }),
  ) as Feeds<I>;
  const free = () => {
    for (const tensor of tensors) device.release(tensor.buffer);
  };
  return { feeds, free };
}

/** Values that any question takes: grey pixels, the first class, everybody active. */
function madeUp({ shape, dtype }: TensorType): TypedArray {
  const value = dtype === 'i32' ? 0 : dtype === 'bool' || dtype === 'u32' ? 1 : 0.5;
  return hostArray(dtype, elements(shape)).fill(value as never);
}
