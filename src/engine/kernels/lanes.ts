import lanesShader from '../../shaders/parts/lanes.wgsl';
import type { Capabilities } from '../graph/capabilities.ts';
import type { KernelCall } from '../graph/op.ts';

/**
 * The shader and constants of a kernel whose workgroups each compute one result with `sum_of_lanes` and `max_of_lanes`
 * (`lanes.wgsl`): LANES is the workgroup's size, a whole subgroup of 8 or any 64 invocations.
 */
export function withLanes(
  shader: string,
  { subgroupSize }: Capabilities,
): { readonly shader: string; readonly constants: NonNullable<KernelCall['constants']> } {
  const subgroup = subgroupSize === 8;
  return { shader: `${lanesShader}\n${shader}`, constants: { LANES: subgroup ? 8 : 64, SUBGROUP: subgroup ? 1 : 0 } };
}
