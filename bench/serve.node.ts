/** outlast as one of the systems that are compared: a workload in a process of its own. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageFolder } from '../src/base/folders.node.ts';
import type { Device } from '../src/engine/index.ts';
import { serve } from './peers/serve.mjs';
import type { Workload } from './workload.ts';

/** Runs the workload whenever standard input asks for it; see `bench/peers/serve.mjs`. */
export async function serveWorkload(device: Device, workload: Workload): Promise<void> {
  const { version } = JSON.parse(await readFile(join(packageFolder(), 'package.json'), 'utf8'));
  const prepared = await workload.prepare(device);
  const { amount, flops, idleBytes } = prepared;
  await serve(
    version,
    async (times) => {
      for (let i = 0; i < times; i++) await prepared.run();
      return prepared.read();
    },
    { amount, flops, idleBytes },
  );
  prepared.free();
}
