import { InputError } from '../../base/errors.ts';
import { type Device, elements, hostArray, isTensorType, mapTree, type Tensor } from '../../engine/index.ts';
import { type HostArray, type Model, mapValues } from '../network/model.ts';
import { packValues, unpackValues, type Vectors } from '../network/packed.ts';
import type { Point } from './batch.ts';
import type { TrainingSnapshot, TrainOptions } from './options.ts';
import {
  releaseTrainingState,
  type TrainingState,
  tensorsOf,
  trainingStateSpecs,
  uploadTrainingState,
} from './step.ts';

/* What a training changes from batch to batch, on a device: uploaded, copied, read and released. */

/** Where a run starts or goes on: values on the host. */
export type StartingPoint = Pick<TrainingSnapshot, 'weights' | 'slots' | 'scaling' | 'totals'>;

/** What a snapshot calls gradients that wait for a step. */
export const ACCUMULATED = 'accumulated';

/** What a snapshot holds beside the weights. */
const remembered = <T>({ slots, accumulated }: Pick<TrainingState<T>, 'slots' | 'accumulated'>) =>
  accumulated.length > 0 ? { ...slots, [ACCUMULATED]: accumulated } : slots;

/** What the optimiser remembers before its first step. */
export function initialSlots(model: Model, options: TrainOptions): TrainingSnapshot['slots'] {
  const zeros = mapValues(model.parameters, ({ shape, dtype }) => hostArray(dtype, elements(shape)) as HostArray);
  return mapValues(remembered(trainingStateSpecs(model, options)), () => zeros);
}

/** Uploads a starting point. @throws InputError where it lacks what the optimiser remembers */
export function uploadPoint(
  device: Device,
  model: Model,
  options: TrainOptions,
  { weights, slots, scaling, totals }: StartingPoint,
): Point {
  const zero = uploadTrainingState(device, model, weights, options);
  for (const [slot, vectors] of Object.entries(remembered(zero))) {
    if (slots[slot] === undefined)
      throw new InputError(`training: the optimiser's ${slot} is missing in what training should go on from`);
    packValues(model.parameters, slots[slot]).forEach((values, i) => {
      device.write(vectors[i], values);
    });
  }
  for (const tensor of zero.scaling) if (scaling !== undefined) device.write(tensor, Float32Array.from(scaling));
  return { ...zero, totals: device.tensor(Float32Array.from(totals), [2]) };
}

/** Memory for a second state; null where it does not fit. */
export function spareOf(device: Device, point: Point): Point | null {
  const bytes = pointTensors(point).reduce((sum, tensor) => sum + tensor.bytes, 0);
  if (device.allocatedBytes + bytes > device.capabilities.memoryBudget) return null;
  return mapTree(point, isTensor, (tensor) => device.zeros(tensor)) as Point;
}

const isTensor = (value: unknown): value is Tensor => isTensorType(value) && 'buffer' in value;

/** Overwrites a state with another one. */
export function copyPoint(device: Device, from: Point, to: Point): void {
  const targets = pointTensors(to);
  const encoder = device.gpu.createCommandEncoder();
  pointTensors(from).forEach(({ buffer, offset }, i) => {
    encoder.copyBufferToBuffer(buffer, offset, targets[i].buffer, targets[i].offset, targets[i].buffer.size);
    device.changed(targets[i].buffer);
  });
  device.gpu.queue.submit([encoder.finish()]);
}

/** All tensors of a point. */
export const pointTensors = (point: Point): Tensor[] => [...tensorsOf(point), point.totals];

/** Gives its memory back. */
export function releasePoint({ totals, ...state }: Point): void {
  releaseTrainingState(state);
  totals.device.release(totals.buffer);
}

/** Reads a point from the device. */
export async function readPoint(model: Model, point: Point): Promise<StartingPoint> {
  const read = async (specs: Model['parameters'], vectors: Vectors<Tensor>) =>
    unpackValues(specs, (await Promise.all(vectors.map((vector) => vector.read()))) as HostArray[]);
  const slots: Record<string, StartingPoint['weights']['parameters']> = {};
  for (const [slot, vectors] of Object.entries(remembered(point))) slots[slot] = await read(model.parameters, vectors);
  const [loss, correct] = await point.totals.read();
  const [scaling] = await Promise.all(point.scaling.map((tensor) => tensor.read()));
  const { parameters, state } = point;
  return {
    weights: { parameters: await read(model.parameters, parameters), state: await read(model.state, state) },
    slots,
    ...(scaling === undefined ? {} : { scaling: [scaling[0], scaling[1]] as const }),
    totals: [loss, correct],
  };
}
