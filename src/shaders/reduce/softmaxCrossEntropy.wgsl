// Softmax over rows of logits, and the cross entropy with labels. A workgroup computes one row: its maximum, which is subtracted so that
// no exponential overflows, the sum of exponentials, and what the entry point is for. A row with NaN or plus infinity, or of nothing but
// minus infinity, becomes NaN throughout, by its sum: all that is used here keeps NaN.
#needs LANES = 64
#use "parts/grid.wgsl"
#use "parts/lanes.wgsl"
#use "parts/scalars.wgsl"
#use "parts/exponential.wgsl"
#use "parts/logarithm.wgsl"

struct Sizes {
  rows: u32,
  classes: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> logits: array<f32>;
@group(0) @binding(2) var<storage, read> labels: array<i32>;
@group(0) @binding(3) var<storage, read> gradient: array<f32>;
@group(0) @binding(4) var<storage, read_write> output: array<f32>;

// NaN counts or not, as the driver likes: the differences from it are NaN in either case.
fn maximum(first: u32, lane: u32) -> f32 {
  var largest = logits[first + min(lane, sizes.classes - 1u)];
  for (var k = lane + ${LANES}u; k < sizes.classes; k += ${LANES}u) {
    largest = max(largest, logits[first + k]);
  }
  return max_of_lanes(largest, lane);
}

fn sum_of_exponentials(first: u32, lane: u32, largest: f32) -> f32 {
  var total = 0.0;
  for (var k = lane; k < sizes.classes; k += ${LANES}u) {
    total += exponential(logits[first + k] - largest);
  }
  return sum_of_lanes(total, lane);
}

// Of a sum of exponentials: at least 1, or NaN, so that what stands for logarithms of other numbers is never taken.
fn log_of_sum(total: f32) -> f32 {
  return logarithm(total, total, total);
}

// The value, or NaN: made of bits known only when running, because WGSL has no NaN.
fn nan_unless(valid: bool, value: f32) -> f32 {
  return bitcast<f32>(select(0x7fc00000u, bitcast<u32>(value), valid));
}

@compute @workgroup_size(${LANES})
fn softmax(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = workgroup_of(group, groups);
  if (row >= sizes.rows) { return; }
  let first = row * sizes.classes;
  let largest = maximum(first, lane);
  let total = sum_of_exponentials(first, lane, largest);
  for (var k = lane; k < sizes.classes; k += ${LANES}u) {
    output[first + k] = exponential(logits[first + k] - largest) / total;
  }
}

@compute @workgroup_size(${LANES})
fn log_softmax(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = workgroup_of(group, groups);
  if (row >= sizes.rows) { return; }
  let first = row * sizes.classes;
  let largest = maximum(first, lane);
  let log_total = log_of_sum(sum_of_exponentials(first, lane, largest));
  for (var k = lane; k < sizes.classes; k += ${LANES}u) {
    output[first + k] = logits[first + k] - largest - log_total;
  }
}

@compute @workgroup_size(${LANES})
fn cross_entropy(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = workgroup_of(group, groups);
  if (row >= sizes.rows) { return; }
  let first = row * sizes.classes;
  let largest = maximum(first, lane);
  let total = sum_of_exponentials(first, lane, largest);
  if (lane == 0u) {
    let label = u32(labels[row]);
    let loss = log_of_sum(total) - (logits[first + min(label, sizes.classes - 1u)] - largest);
    output[row] = nan_unless(label < sizes.classes, loss);
  }
}

@compute @workgroup_size(${LANES})
fn cross_entropy_gradient(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = workgroup_of(group, groups);
  if (row >= sizes.rows) { return; }
  let first = row * sizes.classes;
  let largest = maximum(first, lane);
  let total = sum_of_exponentials(first, lane, largest);
  let label = u32(labels[row]);
  let factor = nan_unless(label < sizes.classes, gradient[row]);
  for (var k = lane; k < sizes.classes; k += ${LANES}u) {
    output[first + k] = (exponential(logits[first + k] - largest) / total - select(0.0, 1.0, k == label)) * factor;
  }
}
