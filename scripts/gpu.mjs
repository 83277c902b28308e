/**
 * What the compilers of real GPUs' drivers make of the kernels, on a machine without a GPU (docs/performance.md).
 *
 *     npm run gpu                                              W4 on an RX 7900 XTX
 *     npm run gpu -- --device navi31,gfx1201,nv172 --workload W4,R50,f16,f64
 *     npm run gpu -- --device navi31 --workload W1,W4,R50,f16,f64 --save    keeps figures in bench/gpu/baseline
 *     npm run gpu:check                                        compares all baselines: exit code 1 where a kernel is worse
 *     … --root /opt/trixie                                     with the drivers of a Debian that lies there
 *
 * JSON and each kernel's WGSL and assembly go to .cache/gpu/. Nothing is executed.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { bundling } from './build.mjs';
import { dawnFolder, root } from './driver.mjs';

const out = join(root, '.cache/gpu');
// Beside the packages, so that the bundle finds them.
const folder = join(root, 'node_modules/.cache', `gpu-${process.pid}`);

try {
  const { values } = parseArgs({
    options: {
      device: { type: 'string' },
      workload: { type: 'string' },
      root: { type: 'string' },
      save: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
    },
  });
  mkdirSync(out, { recursive: true });
  await build({
    ...bundling,
    splitting: false,
    entryPoints: ['here.node.ts', 'compile.node.ts'].map((name) => join(root, 'bench/gpu', name)),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
  });
  /** @type {typeof import('../bench/gpu/here.node.ts')} */
  const { runGpu } = await import(pathToFileURL(join(folder, 'here.node.mjs')).href);
  const worse = runGpu(
    {
      devices: values.device?.split(','),
      workloads: values.workload?.split(','),
      root: values.root,
      mode: values.check ? 'check' : values.save ? 'save' : 'print',
    },
    {
      program: join(folder, 'compile.node.mjs'),
      layer: join(root, 'bench/gpu/layer'),
      baselines: join(root, 'bench/gpu/baseline'),
      dawn: dawnFolder(),
      out,
    },
  );
  if (worse) process.exitCode = 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
