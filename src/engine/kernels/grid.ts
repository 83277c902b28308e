/** WebGPU guarantees no more workgroups than this in one dimension of a dispatch. */
const MOST_WORKGROUPS = 65_535;

/** Invocations of a workgroup of the kernels that compute one unit in each. */
export const WORKGROUP = 64;

/** The grid of a kernel with an invocation for each unit, `element` of `parts/grid.wgsl`. */
export const gridOver = (units: number): [number, number] => foldedGrid(Math.ceil(units / WORKGROUP));

/**
 * A one-dimensional grid of workgroups as two dimensions [x, y] that a dispatch may have. Up to x − 1 workgroups are surplus, so
 * kernels number themselves by the functions of `parts/grid.wgsl` and compare with the count.
 */
export function foldedGrid(count: number): [number, number] {
  const rows = Math.ceil(count / MOST_WORKGROUPS);
  return [Math.ceil(count / rows), rows];
}
