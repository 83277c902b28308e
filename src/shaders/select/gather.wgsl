// Slices of x [outer, length, inner] picked by index along its middle axis. Negative indices count from the end.
#needs STORED = f32
#use "parts/grid.wgsl"

struct Sizes {
  size: u32,      // elements of y
  length: u32,
  picks: u32,     // indices
  inner: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<${STORED}>;
@group(0) @binding(2) var<storage, read> indices: array<i32>;
@group(0) @binding(3) var<storage, read_write> y: array<${STORED}>;

/// y[o, pick, i] = x[o, indices[pick], i]; zeros for an index that is none.
@compute @workgroup_size(64)
fn gather(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let at = element(group, groups, lane);
  if (at >= sizes.size) { return; }
  let slice = at / sizes.inner;
  let given = indices[slice % sizes.picks];
  let index = u32(given + select(0, i32(sizes.length), given < 0));
  var value = ${STORED}(0);
  if (index < sizes.length) {
    value = x[(slice / sizes.picks * sizes.length + index) * sizes.inner + at % sizes.inner];
  }
  y[at] = value;
}
