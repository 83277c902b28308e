// Numbers in a grid of one dimension that was folded to two, because WebGPU promises no more than 65,535 workgroups in
// each: `foldedGrid` in src/engine/kernels/grid.ts. There may be surplus workgroups, so kernels compare with the count.
#const WORKGROUP = 64

/// The number of a workgroup.
fn workgroup_of(group: vec3u, groups: vec3u) -> u32 {
  return group.y * groups.x + group.x;
}

/// The number of an invocation, in workgroups of WORKGROUP.
fn element(group: vec3u, groups: vec3u, lane: u32) -> u32 {
  return workgroup_of(group, groups) * ${WORKGROUP}u + lane;
}
