/**
 * outlast as a library: a WebGPU compute engine, models that are trained with it, attacks on them and defences,
 * survival analysis, studies. Each is also a module of its own: `import { pgd } from 'outlast/robustness'` is
 * `robustness.pgd` of this one. What needs Node is in `outlast/node`.
 * @packageDocumentation
 */
export * as robustness from './analysis/robustness/index.ts';
export * as study from './analysis/study/index.ts';
export * as survival from './analysis/survival/index.ts';
export * as trash from './analysis/trash/index.ts';
export { InputError } from './base/errors.ts';
export * as engine from './engine/index.ts';
export * as models from './models/index.ts';
