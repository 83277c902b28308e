// Random numbers from Philox (philox.wgsl stands in front of this file). The layout of counter and key is written down
// in src/engine/philox.ts; an invocation makes the four numbers of a block, whose
// name wgsl_reflect does not read as an argument.

struct Sizes {
  size: u32,
  stream: u32,
  substream: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> key: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

fn words(index: u32) -> vec4u {
  return philox4x32_10(vec4u(index, 0u, sizes.stream, sizes.substream), vec2u(key[0], key[1]));
}

fn store(index: u32, numbers: vec4f) {
  for (var i = 0u; i < 4u; i++) {
    if (index * 4u + i < sizes.size) {
      y[index * 4u + i] = numbers[i];
    }
  }
}

@compute @workgroup_size(64)
fn uniform_numbers(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (group.y * groups.x + group.x) * 64u + local;
  // 24 bits and a power of two: exact.
  store(index, vec4f(words(index) >> vec4u(8u)) * 0x1p-24);
}

// The functions of Box and Muller on exact integers: WGSL's log is off by 2^-21 near 1, its sin and cos by 2^-11.

// -ln(n 2^-24), 1 <= n <= 2^24: n = m 2^e, m in [sqrt(1/2), sqrt(2)), ln m = 2 artanh((m - 1) / (m + 1)), eleventh order.
fn negative_log(n: vec2u) -> vec2f {
  let bits = bitcast<vec2u>(vec2f(n));
  let mantissa = bitcast<vec2f>((bits & vec2u(0x7fffffu)) | vec2u(0x3f800000u));
  let large = mantissa > vec2f(1.4142135);
  let m = select(mantissa, 0.5 * mantissa, large);
  let exponent = vec2f((bits >> vec2u(23u)) - vec2u(127u)) + select(vec2f(0.0), vec2f(1.0), large);
  let s = (m - 1.0) / (m + 1.0);
  let z = s * s;
  let log_m = 2.0 * s + 2.0 * s * z * (1.0 / 3.0 + z * (1.0 / 5.0 + z * (1.0 / 7.0 + z * (1.0 / 9.0 + z * (1.0 / 11.0)))));
  return (24.0 - exponent) * 0.6931471805599453 - log_m;
}

// cos and sin of 2 pi n 2^-24, 0 <= n < 2^24: by the quarter of the circle, and Taylor's series up to pi/4.
fn cos_sin(n: u32) -> vec2f {
  let quarter = (n + 0x200000u) >> 22u;
  let nearest = quarter << 22u;
  let x = f32(i32(n) - i32(nearest)) * (6.283185307179586 * 0x1p-24);
  let z = x * x;
  let sine = x + x * z * (-1.0 / 6.0 + z * (1.0 / 120.0 + z * (-1.0 / 5040.0 + z * (1.0 / 362880.0))));
  let cosine = 1.0 + z * (-0.5 + z * (1.0 / 24.0 + z * (-1.0 / 720.0 + z * (1.0 / 40320.0 + z * (-1.0 / 3628800.0)))));
  let turned = select(vec2f(cosine, sine), vec2f(-sine, cosine), (quarter & 1u) == 1u);
  return select(turned, -turned, (quarter & 2u) == 2u);
}

@compute @workgroup_size(64)
fn normal_numbers(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let quad = (group.y * groups.x + group.x) * 64u + local;
  let bits = words(quad) >> vec4u(8u);
  let radius = sqrt(2.0 * negative_log(bits.xz + 1u));
  store(quad, vec4f(radius.x * cos_sin(bits.y), radius.y * cos_sin(bits.w)));
}
