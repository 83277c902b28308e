import { arch, cpus, release, type } from 'node:os';
import { dependencies, version } from '../../../package.json';
import type { Versions } from '../../analysis/report/index.ts';

/** The versions of this program, of what it runs on, and the machine. */
export function versions(): Versions {
  const processors = cpus();
  return {
    outlast: version,
    node: process.versions.node,
    webgpu: dependencies.webgpu,
    system: `${type()} ${release()}, ${arch()}, ${processors.length} × ${processors[0]?.model ?? 'processor'}`,
  };
}
