import { build } from 'esbuild';
import { shadersForEsbuild } from '../../scripts/shaders.mjs';

/** Bundles a TypeScript program as the command line is bundled. @param outfile beside the packages, so that the program finds them */
export const bundleProgram = (path: string, outfile: string) =>
  build({
    entryPoints: [path],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    plugins: [shadersForEsbuild],
  });
