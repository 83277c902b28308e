// Copies one of the tensors that are joined: its rows go to every `pitch`-th element of y, from `offset` on.
#needs TYPE = f32
#use "parts/grid.wgsl"

struct Sizes {
  count: u32,
  row: u32,
  pitch: u32,
  offset: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<${TYPE}>;
@group(0) @binding(2) var<storage, read_write> y: array<${TYPE}>;

@compute @workgroup_size(64)
fn place(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = element(group, groups, local);
  if (i < sizes.count) {
    y[(i / sizes.row) * sizes.pitch + sizes.offset + i % sizes.row] = x[i];
  }
}
