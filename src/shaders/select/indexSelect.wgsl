// Rows of elements of the format T picked by index, and rows added up by index.
#needs T = f32
#use "parts/grid.wgsl"
#use "precision/${T}.wgsl"

struct Sizes {
  row: u32,       // elements of a row
  rows: u32,      // rows of x
  picks: u32,     // indices
  zero: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<${T}_stored>;
@group(0) @binding(2) var<storage, read> indices: array<i32>;
@group(0) @binding(3) var<storage, read_write> y: array<${T}_stored>;

/// y[pick] = x[indices[pick]]; zeros for an index that is no row.
@compute @workgroup_size(64)
fn pick(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = element(group, groups, lane);
  if (i >= sizes.picks * sizes.row) { return; }
  let index = u32(indices[i / sizes.row]);
  var value = ${T}_stored(0);
  if (index < sizes.rows) { value = x[index * sizes.row + i % sizes.row]; }
  y[i] = value;
}

/// y[row] = Σ x[pick] over the picks of that row, in order: each row looks for its picks, so that no two threads add to one place.
@compute @workgroup_size(64)
fn accumulate(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = element(group, groups, lane);
  if (i >= sizes.rows * sizes.row) { return; }
  ${T}_begin(sizes.zero);
  let row = i / sizes.row;
  var sum = ${T}_value(0);
  for (var p = 0u; p < sizes.picks; p++) {
    if (u32(indices[p]) == row) { sum = ${T}_add(sum, x[p * sizes.row + i % sizes.row]); }
  }
  y[i] = sum;
}
