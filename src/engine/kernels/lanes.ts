import type { Capabilities } from '../graph/capabilities.ts';

/** Invocations of a workgroup: eight lanes are what a processor computes at once, GPUs want many threads. */
export const lanesOf = ({ subgroupsOf8 }: Capabilities): number => (subgroupsOf8 ? 8 : 64);

/**
 * Invocations of a workgroup, and most units that one of them computes, where finding its place costs an invocation as much as a few
 * units: the eight lanes of a processor are kept long at work, the threads of a GPU are short.
 */
export const sharingOf = (capabilities: Capabilities) => ({
  workgroup: lanesOf(capabilities),
  most: capabilities.subgroupsOf8 ? 64 : 4,
});

/**
 * The constants of a kernel whose workgroups each compute one result with `sum_of_lanes` and `max_of_lanes` (`parts/lanes.wgsl`): LANES is
 * the workgroup's size, a whole subgroup of 8 or any 64 invocations.
 */
export const laneConstants = (capabilities: Capabilities) => ({
  LANES: lanesOf(capabilities),
  SUBGROUP: Number(capabilities.subgroupsOf8),
});
