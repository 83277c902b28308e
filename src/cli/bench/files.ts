import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { networkFile, USUAL_NETWORKS } from '../../../bench/onnx/files.node.ts';
import { fileWorkload } from '../../../bench/onnx/workload.node.ts';
import { availableFilePeers, filePeerNames } from '../../../bench/systems.node.ts';
import type { Workload } from '../../../bench/workload.ts';
import type { Surroundings } from '../program/surroundings.ts';
import { chooseSystems, compareAndShow } from './compared.ts';
import type { AttacksFlags } from './suite.ts';

/** Mesa compiles again in every process: the first result comes from an empty cache, as on a machine that has not seen the network. */
const COLD = { MESA_SHADER_CACHE_DISABLE: 'true' };

/** `outlast bench networks`: networks of ONNX files, by outlast and ONNX Runtime. */
export async function filesCommand(names: readonly string[], flags: AttacksFlags, around: Surroundings): Promise<void> {
  const chosen = chooseSystems('networks', flags.against, filePeerNames);
  const folder = await mkdtemp(join(tmpdir(), 'outlast-networks-'));
  try {
    const workloads: Workload[] = [];
    for (const name of names.length > 0 ? names : USUAL_NETWORKS)
      workloads.push(fileWorkload(await networkFile(name, flags.python, folder)));
    const alone = async () => ({ rows: [], lines: [] });
    await compareAndShow(workloads, flags, around, alone, (say) => availableFilePeers(chosen, COLD, say), COLD);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
