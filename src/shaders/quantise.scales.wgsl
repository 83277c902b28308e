// For each row of f32 the largest power of two by which its numbers can be multiplied without exceeding 1.75 · 2^top. NaN where a
// number is not finite, so that no format that lacks infinities hides it. Follows lanes.wgsl.

struct Sizes {
  rows: u32,
  length: u32,
  top: i32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> factors: array<f32>;

@compute @workgroup_size(${LANES})
fn scales(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = group.y * groups.x + group.x;
  if (row >= sizes.rows) { return; }
  let first = row * sizes.length;
  // As bits: NaN is larger than all numbers.
  var largest = 0u;
  for (var k = lane; k < sizes.length; k += ${LANES}u) {
    largest = max(largest, bitcast<u32>(x[first + k]) & 0x7fffffffu);
  }
  // 24 bits at a time are exact as f32.
  let high = u32(max_of_lanes(f32(largest >> 8u), lane));
  let low = u32(max_of_lanes(f32(select(0u, largest & 0xffu, (largest >> 8u) == high)), lane));
  let bits = (high << 8u) | low;
  if (lane > 0u) { return; }
  let exponent = i32(bits >> 23u) - 127;
  let over = i32((bits & 0x7fffffu) > 0x600000u);
  let factor = u32(clamp(sizes.top - over - exponent, -100, 100) + 127) << 23u;
  let limited = select(factor, 0x3f800000u, bits == 0u);
  factors[row] = bitcast<f32>(select(limited, 0x7fc00000u, bits >= 0x7f800000u));
}
