// The threshold of each row of f32 for which what its values have above it adds up to a radius. A workgroup computes one row, by Newton's
// steps on that sum, from a threshold that is surely not too high: one value alone may be as far above it as the radius, no farther.
#needs LANES = 64
#use "parts/grid.wgsl"
#use "parts/lanes.wgsl"

struct Sizes {
  rows: u32,
  length: u32,
  steps: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> radius: array<f32>;
@group(0) @binding(3) var<storage, read_write> threshold: array<f32>;

@compute @workgroup_size(${LANES})
fn shrinkage_to(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = workgroup_of(group, groups);
  if (row >= sizes.rows) { return; }
  let first = row * sizes.length;
  var largest = 0.0;
  for (var k = lane; k < sizes.length; k += ${LANES}u) { largest = max(largest, x[first + k]); }
  var at = max(max_of_lanes(largest, lane) - radius[row], 0.0);
  for (var step = 0u; step < sizes.steps; step++) {
    var excess = 0.0;
    var count = 0.0;
    for (var k = lane; k < sizes.length; k += ${LANES}u) {
      let above = x[first + k] - at;
      excess += max(above, 0.0);
      count += select(0.0, 1.0, above > 0.0);
    }
    let further = sum_of_lanes(excess, lane) - radius[row];
    at += max(further / max(sum_of_lanes(count, lane), 1.0), 0.0);
  }
  if (lane == 0u) { threshold[row] = at; }
}
