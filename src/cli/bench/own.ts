import { referenceTrainings, trainCurve } from '../../../bench/curves.ts';
import { benchKernels, kernelWorkloads } from '../../../bench/kernels.ts';
import { benchLoading } from '../../../bench/loading.ts';
import { machineNow } from '../../../bench/machine.node.ts';
import { benchNetworks } from '../../../bench/networks.ts';
import type { Curve } from '../../../bench/result.ts';
import { curveLine, curveTable, describeSurroundings } from '../../../bench/table.ts';
import { costsBesideF32, precisionWorkloads, trainingWorkloads } from '../../../bench/training.ts';
import type { Workload } from '../../../bench/workload.ts';
import { InputError } from '../../base/errors.ts';
import { loadDataset } from '../../models/data/load.node.ts';
import type { Surroundings } from '../program/surroundings.ts';
import { printLines } from '../terminal/terminal.ts';
import { choose, measureAndShow, roofline, type SuiteFlags, show, type TrainingFlags, warner } from './suite.ts';

/* The suites that time outlast alone. */

export async function kernelsCommand(flags: SuiteFlags, around: Surroundings): Promise<void> {
  const workloads = choose(kernelWorkloads(), flags.workloads);
  await measureAndShow(workloads, flags, around, (device, rounds) => benchKernels(device, workloads, rounds));
}

export async function networksCommand(
  all: readonly Workload[],
  flags: SuiteFlags,
  around: Surroundings,
): Promise<void> {
  const workloads = choose(all, flags.workloads);
  await measureAndShow(workloads, flags, around, async (device, rounds) => {
    const { rows } = await benchNetworks(device, workloads, rounds, await roofline(device, flags, around));
    return rows;
  });
}

export async function curvesCommand(
  names: readonly string[],
  flags: TrainingFlags,
  around: Surroundings,
): Promise<void> {
  const chosen = names.map((name) => {
    const known = referenceTrainings.find((each) => each.name === name);
    if (known === undefined)
      throw new InputError(
        `bench: "${name}" is no training; there are ${referenceTrainings.map((each) => each.name).join(', ')}`,
      );
    return known;
  });
  const say = warner(around);
  const device = await around.openDevice();
  try {
    const surroundings = { adapter: device.adapter, kernels: device.profile.tuning?.identity, machine: machineNow() };
    const curves: Curve[] = [];
    for (const reference of chosen) {
      say(reference.description);
      const dataset = await loadDataset({ name: reference.name }, { dataDir: flags.dataDir });
      curves.push(await trainCurve(device, dataset, reference, (epoch) => say(curveLine(epoch))));
    }
    const table = [...describeSurroundings(surroundings), ...curves.flatMap(curveTable)];
    await show({ ...surroundings, rows: [], ratios: [], curves }, table, flags, around);
  } finally {
    device.destroy();
  }
}

export async function precisionCommand(flags: SuiteFlags, around: Surroundings): Promise<void> {
  const workloads = choose(precisionWorkloads, flags.workloads);
  let costs: readonly string[] = [];
  await measureAndShow(workloads, flags, around, async (device, rounds) => {
    const { rows, timings } = await benchNetworks(device, workloads, rounds, await roofline(device, flags, around));
    const names = workloads.map(({ name }) => name);
    costs = costsBesideF32(names, timings);
    return rows;
  });
  if (flags.json !== true) printLines(around.terminal, costs);
}

export async function loadingCommand(flags: SuiteFlags, around: Surroundings): Promise<void> {
  const workloads = choose(trainingWorkloads, flags.workloads);
  let shares: readonly string[] = [];
  await measureAndShow(workloads, flags, around, async (device, rounds) => {
    const measured = await benchLoading(device, workloads, rounds);
    shares = measured.shares;
    return measured.rows;
  });
  if (flags.json !== true) printLines(around.terminal, shares);
}
