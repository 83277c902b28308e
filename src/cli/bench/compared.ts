import { attackWorkloads, benchPgdStep } from '../../../bench/attacks.ts';
import { machineNow } from '../../../bench/machine.node.ts';
import { fileWorkload } from '../../../bench/onnx/workload.node.ts';
import { comparedWorkloads, comparePeers, type System } from '../../../bench/peers.ts';
import type { Row } from '../../../bench/result.ts';
import { serveWorkload } from '../../../bench/serve.node.ts';
import {
  attackPeerNames,
  availableAttackPeers,
  availablePeers,
  ownSystem,
  peerNames,
} from '../../../bench/systems.node.ts';
import { comparisonTable, describeSurroundings, suiteTable } from '../../../bench/table.ts';
import type { Workload } from '../../../bench/workload.ts';
import { InputError } from '../../base/errors.ts';
import type { Device } from '../../engine/index.ts';
import { isOnnx } from '../../models/open.node.ts';
import type { Surroundings } from '../program/surroundings.ts';
import { printLines } from '../terminal/terminal.ts';
import { type AttacksFlags, choose, type PeersFlags, roofline, show, warner } from './suite.ts';

/* The suites that time outlast beside other systems. */

/** The systems whose names were given. @throws InputError for a name that is none */
export function chooseSystems(
  suite: string,
  names: readonly string[] | undefined,
  known: readonly string[],
): readonly string[] {
  const unknown = names?.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new InputError(`bench ${suite}: "${unknown}" is no system; there are ${known.join(', ')}`);
  return names ?? known;
}

export async function peersCommand(flags: PeersFlags, around: Surroundings): Promise<void> {
  const workloads = choose(comparedWorkloads, flags.workloads);
  const chosen = chooseSystems('peers', flags.against, peerNames);
  const alone = async () => ({ rows: [], lines: [] });
  await compareAndShow(workloads, flags, around, alone, (say) => availablePeers(chosen, say));
}

export async function attacksCommand(flags: AttacksFlags, around: Surroundings): Promise<void> {
  const workloads = choose(attackWorkloads, flags.workloads);
  const chosen = chooseSystems('attacks', flags.against, attackPeerNames);
  const alone = async (device: Device) => {
    if (!workloads.some(({ name }) => name === 'A1')) return { rows: [], lines: [] };
    const { rows, share } = await benchPgdStep(device, flags.rounds);
    const percent = `${(100 * share).toFixed(1)} %`;
    const line = `of a PGD step's time on the device, outside the forward and backward pass: ${percent}`;
    return { rows, lines: [...suiteTable(rows, new Map()), line] };
  };
  await compareAndShow(workloads, flags, around, alone, (say) => availableAttackPeers(chosen, flags.python, say));
}

/**
 * Compares outlast with other systems.
 * @param alone measures before, on this process's device
 * @param env for outlast's process, beside this one's
 */
export async function compareAndShow(
  workloads: readonly Workload[],
  flags: PeersFlags,
  around: Surroundings,
  alone: (device: Device) => Promise<{ readonly rows: readonly Row[]; readonly lines: readonly string[] }>,
  systems: (say: (line: string) => void) => Promise<readonly System[]>,
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  const say = warner(around);
  const device = await around.openDevice();
  const surroundings = { adapter: device.adapter, kernels: device.profile.tuning?.identity, machine: machineNow() };
  // The device is closed before the comparison: outlast runs in a process of its own, like the others.
  const measured = async () => ({ ceiling: await roofline(device, flags, around), own: await alone(device) });
  const { ceiling, own } = await measured().finally(() => device.destroy());
  const tell = (lines: readonly string[]) => {
    if (flags.json !== true) printLines(around.terminal, lines);
  };
  tell([...describeSurroundings(surroundings), ...own.lines]);
  const compared = await comparePeers({
    ours: ownSystem(device.profile.tuning !== null, env),
    peers: await systems(say),
    workloads,
    rounds: flags.rounds,
    roofline: ceiling,
    say,
    onReady: ({ name }, ready) => say(`${name}: timing ${ready.join(', ')}, ${flags.rounds} rounds`),
    // The slowest systems take minutes a workload: what is known is shown at once.
    onCompared: (workload, result) => tell(result.rows.length > 0 ? comparisonTable(result, workload) : []),
  });
  const ratios = compared.ratios.map(({ min: _min, max: _max, version: _version, ...ratio }) => ratio);
  const loads = compared.loads.length > 0 ? compared.loads : undefined;
  await show({ ...surroundings, rows: [...own.rows, ...compared.rows], ratios, loads }, [], flags, around);
  const missing = workloads.filter(({ name }) => !compared.rows.some(({ workload }) => workload === name));
  if (missing.length > 0) throw new Error(`outlast itself failed on ${missing.map(({ name }) => name).join(', ')}`);
}

export async function serveCommand(name: string, around: Surroundings): Promise<void> {
  const [workload] = isOnnx(name) ? [fileWorkload(name)] : choose([...comparedWorkloads, ...attackWorkloads], [name]);
  const device = await around.openDevice();
  try {
    await serveWorkload(device, workload);
  } finally {
    device.destroy();
  }
}
