// For each row of f32 the largest power of two by which its numbers can be multiplied without exceeding 1.75 · 2^top. NaN where a
// number is not finite, so that no format that lacks infinities hides it.
#needs LANES = 64
#use "parts/grid.wgsl"
#use "parts/lanes.wgsl"

#const WHOLE = 1

struct Sizes {
  rows: u32,
  // Units of a row: four elements, or one.
  length: u32,
  top: i32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
#if WHOLE
alias Unit = vec4u;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
#else
alias Unit = u32;
@group(0) @binding(1) var<storage, read> x: array<f32>;
#end
@group(0) @binding(2) var<storage, read_write> factors: array<f32>;

@compute @workgroup_size(${LANES})
fn scales(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = workgroup_of(group, groups);
  if (row >= sizes.rows) { return; }
  let first = row * sizes.length;
  // As bits: NaN is larger than all numbers.
  var largest_of = Unit();
  for (var k = lane; k < sizes.length; k += ${LANES}u) {
    largest_of = max(largest_of, bitcast<Unit>(x[first + k]) & Unit(0x7fffffffu));
  }
#if WHOLE
  let pairs = max(largest_of.xy, largest_of.zw);
  let largest = max(pairs.x, pairs.y);
#else
  let largest = largest_of;
#end
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
