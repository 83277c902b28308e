import { build } from 'esbuild';

/** Bundles a TypeScript program as the command line is bundled. @param outfile beside the packages, so that the program finds them */
export const bundleProgram = (path: string, outfile: string) =>
  build({
    entryPoints: [path],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    loader: { '.wgsl': 'text' },
  });
