// Index of the first largest value of the format T along an axis: x is [outer, length, inner], y [outer, inner].
#needs T = f32
#use "parts/grid.wgsl"
#use "precision/${T}.wgsl"

struct Sizes {
  outputs: u32,
  length: u32,
  inner: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<${T}_stored>;
@group(0) @binding(2) var<storage, read_write> y: array<i32>;

@compute @workgroup_size(64)
fn argmax(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let output = element(group, groups, local);
  if (output >= sizes.outputs) {
    return;
  }
  let start = output / sizes.inner * sizes.length * sizes.inner + output % sizes.inner;
  var best = 0u;
  var largest = x[start];
  for (var i = 1u; i < sizes.length; i++) {
    let value = x[start + i * sizes.inner];
    // NaN is larger than every number, and the first one stays.
    if (!${T}_is_nan(largest) && (${T}_less(largest, value) || ${T}_is_nan(value))) {
      best = i;
      largest = value;
    }
  }
  y[output] = i32(best);
}
