// Zeros, for results that are sums of nothing.
#use "parts/grid.wgsl"

struct Sizes {
  size: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(6) var<storage, read_write> y: array<vec2u>;

@compute @workgroup_size(64)
fn clear(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = element(group, groups, lane);
  if (i < sizes.size) { y[i] = vec2u(0u); }
}
