/**
 * The texts of all shaders by their paths in this folder, as `#use` names them. scripts/shaders.mjs puts them here wherever the program is
 * bundled or tested.
 */
export const shaders: Readonly<Record<string, string>> = withoutPlugin();

function withoutPlugin(): never {
  throw new Error(
    'src/shaders/all.ts: bundle with the plugin of scripts/shaders.mjs, which puts the texts of all shaders here',
  );
}
