/** ResNet-18 with the 3×3 stem, the same network that the other systems compute. */
import type { Device, Roofline } from '../src/engine/index.ts';
import {
  fromPyTorch,
  type HostWeights,
  type Model,
  mapValues,
  type Precision,
  pytorchShape,
  resnet,
} from '../src/models/index.ts';
import { interleave, type Rounds, summarise, type Timing } from './measure.ts';
import { CLASSES, initialValues, layersOf, type Network, networkOf } from './peers/network.mjs';
import type { Row } from './result.ts';
import { type Prepared, rowOf, subjectOf, type Workload } from './workload.ts';

export const modelOf = ({ width, channels }: Network, precision?: Precision): Model =>
  resnet({ depth: 18, width, stem: 'cifar', inChannels: channels, classes: CLASSES, precision });

/** The weights that every system starts from, in the device's layout. */
export function sharedWeights(network: Network, model: Model): HostWeights {
  const { parameters } = layersOf(network);
  const specs = Object.entries(model.parameters);
  return {
    parameters: Object.fromEntries(
      specs.map(([name, spec], i) => {
        if (pytorchShape(spec).join() !== parameters[i].shape.join())
          throw new Error(`${name} is [${pytorchShape(spec)}] here and [${parameters[i].shape}] in the other systems`);
        return [name, fromPyTorch(spec, initialValues(parameters[i], i))];
      }),
    ),
    state: mapValues(model.state, (spec, name) =>
      fromPyTorch(spec, new Float32Array(spec.shape[0]).fill(name.endsWith('running_var') ? 1 : 0)),
    ),
  };
}

/** The workload of a network by its name. */
export function networkWorkload(
  name: string,
  what: string,
  prepareNetwork: (device: Device, network: Network) => Promise<Prepared>,
): Workload {
  const network = networkOf(name);
  const { width, channels, side, batch } = network;
  return {
    name,
    description: `ResNet-18 of width ${width}, ${channels}x${side}x${side}, batch ${batch}, ${what}`,
    metric: 'images/s',
    prepare: (device) => prepareNetwork(device, network),
  };
}

/**
 * Times whole networks. For each: images a second; the first run with all that comes before it (tracing, planning, the driver's
 * compilation, first weights); the processor's time for encoding and submitting a run.
 */
export async function benchNetworks(
  device: Device,
  workloads: readonly Workload[],
  rounds: Rounds,
  roofline: Roofline,
): Promise<{ rows: Row[]; timings: Timing[] }> {
  const { clock = () => performance.now() } = rounds;
  const prepared: Prepared[] = [];
  const preparing: number[] = [];
  for (const workload of workloads) {
    const start = clock();
    prepared.push(await workload.prepare(device));
    preparing.push(clock() - start);
  }
  const subjects = workloads.map(({ name }, i) => subjectOf(device, { name, prepared: prepared[i] }));
  const timings = await interleave(subjects, rounds);
  const rows: Row[] = [];
  for (const [i, workload] of workloads.entries()) {
    const encoding: number[] = [];
    for (let round = 0; round < rounds.rounds; round++) {
      // From an idle device: its threads would take the processor from the encoder.
      const start = clock();
      prepared[i].run();
      encoding.push(clock() - start);
      await device.settle(workload.name);
    }
    const milliseconds = (what: string, values: readonly number[]): Row => ({
      workload: `${workload.name} ${what}`,
      system: 'outlast',
      metric: 'ms',
      ...summarise(values),
      roofline: null,
    });
    rows.push(
      rowOf(workload, 'outlast', prepared[i], timings[i].milliseconds, roofline),
      milliseconds('first run', [preparing[i] + timings[i].first]),
      milliseconds('encoding', encoding),
    );
    prepared[i].free();
  }
  return { rows, timings };
}
