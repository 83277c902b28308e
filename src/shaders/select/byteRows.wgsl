// Rows of bytes, picked by index; each byte becomes its value in a table.
#use "parts/grid.wgsl"

struct Sizes {
  row: u32,       // bytes of a row
  rows: u32,      // rows of this shard
  first: u32,     // number of its first row
  picks: u32,     // indices
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> shard: array<u32>;
@group(0) @binding(2) var<storage, read> indices: array<i32>;
@group(0) @binding(3) var<storage, read> values: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;

/// y[pick] = values[row indices[pick]]. The first shard writes zeros for rows that are not its own, the others leave them alone.
@compute @workgroup_size(64)
fn pick(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = element(group, groups, lane);
  if (i >= sizes.picks * sizes.row) { return; }
  // A negative index, and one before this shard, wraps around to a large number.
  let index = u32(indices[i / sizes.row]) - sizes.first;
  if (index < sizes.rows) {
    let at = index * sizes.row + i % sizes.row;
    y[i] = values[(shard[at / 4u] >> (8u * (at % 4u))) & 0xffu];
  } else if (sizes.first == 0u) {
    y[i] = 0.0;
  }
}
