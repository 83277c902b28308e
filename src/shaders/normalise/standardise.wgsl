// Rows of f32 with mean 0 and variance 1, and the gradient of that. A workgroup computes one row: its mean, then the mean of squares of
// differences from it, which does not cancel.
#needs LANES = 64
#use "parts/grid.wgsl"
#use "parts/lanes.wgsl"

struct Sizes {
  rows: u32,
  length: u32,
  epsilon: f32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> gradient: array<f32>;
@group(0) @binding(3) var<storage, read_write> output: array<f32>;

struct Moments {
  mean: f32,
  inverse: f32, // 1 / √(variance + epsilon)
}

fn moments(first: u32, lane: u32) -> Moments {
  let length = f32(sizes.length);
  var total = 0.0;
  for (var k = lane; k < sizes.length; k += ${LANES}u) { total += x[first + k]; }
  let mean = sum_of_lanes(total, lane) / length;
  var squares = 0.0;
  for (var k = lane; k < sizes.length; k += ${LANES}u) {
    let distance = x[first + k] - mean;
    squares += distance * distance;
  }
  return Moments(mean, 1.0 / sqrt(sum_of_lanes(squares, lane) / length + sizes.epsilon));
}

@compute @workgroup_size(${LANES})
fn standardise(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = workgroup_of(group, groups);
  if (row >= sizes.rows) { return; }
  let first = row * sizes.length;
  let of_row = moments(first, lane);
  for (var k = lane; k < sizes.length; k += ${LANES}u) { output[first + k] = (x[first + k] - of_row.mean) * of_row.inverse; }
}

/// (g - mean of g - y · mean of g · y) / √(variance + epsilon), y being the row with mean 0 and variance 1.
@compute @workgroup_size(${LANES})
fn standardise_gradient(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = workgroup_of(group, groups);
  if (row >= sizes.rows) { return; }
  let first = row * sizes.length;
  let of_row = moments(first, lane);
  var plain = 0.0;
  var weighted = 0.0;
  for (var k = lane; k < sizes.length; k += ${LANES}u) {
    let g = gradient[first + k];
    plain += g;
    weighted += g * (x[first + k] - of_row.mean);
  }
  let length = f32(sizes.length);
  let mean = sum_of_lanes(plain, lane) / length;
  let slope = sum_of_lanes(weighted, lane) / length * of_row.inverse * of_row.inverse;
  for (var k = lane; k < sizes.length; k += ${LANES}u) {
    let centred = x[first + k] - of_row.mean;
    output[first + k] = ((gradient[first + k] - mean) - centred * slope) * of_row.inverse;
  }
}
