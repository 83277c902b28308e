// Slices of x [outer, picks, inner] added up by index along the middle axis of y [outer, length, inner], in the format T: each element
// looks for its picks, in order, so that no two threads add to one place. Negative indices count from the end.
#needs T = f32
#use "parts/grid.wgsl"
#use "precision/${T}.wgsl"

struct Sizes {
  size: u32,      // elements of y
  length: u32,
  picks: u32,     // indices
  inner: u32,
  zero: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<${T}_stored>;
@group(0) @binding(2) var<storage, read> indices: array<i32>;
@group(0) @binding(3) var<storage, read_write> y: array<${T}_stored>;

@compute @workgroup_size(64)
fn scatter_add(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let at = element(group, groups, lane);
  if (at >= sizes.size) { return; }
  ${T}_begin(sizes.zero);
  let slice = at / sizes.inner;
  let index = i32(slice % sizes.length);
  let first = slice / sizes.length * sizes.picks;
  var sum = ${T}_value(0);
  for (var p = 0u; p < sizes.picks; p++) {
    let given = indices[p];
    if (given == index || given + i32(sizes.length) == index) {
      sum = ${T}_add(sum, x[(first + p) * sizes.inner + at % sizes.inner]);
    }
  }
  y[at] = sum;
}
