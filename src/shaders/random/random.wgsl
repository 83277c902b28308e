// Random numbers from Philox. The layout of counter and key is written down in src/base/philox.ts; an invocation makes the four numbers of
// a block, whose name wgsl_reflect does not read as an argument.
#use "parts/grid.wgsl"
#use "parts/philox.wgsl"
#use "parts/logarithm.wgsl"

alias F = vec2f;
alias U = vec2u;

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
  let index = element(group, groups, local);
  // 24 bits and a power of two: exact.
  store(index, vec4f(words(index) >> vec4u(8u)) * 0x1p-24);
}

// cos and sin of 2 pi n 2^-24, 0 <= n < 2^24, by the quarter of the circle and Taylor's series up to pi/4: WGSL's own may be off
// by 2^-11.
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
  let quad = element(group, groups, local);
  let bits = words(quad) >> vec4u(8u);
  // The numbers are above 0, which spares the logarithm its special cases.
  let radius = sqrt(-2.0 * logarithm(vec2f(bits.xz + 1u) * 0x1p-24, vec2f(0.0), vec2f(0.0)));
  store(quad, vec4f(radius.x * cos_sin(bits.y), radius.y * cos_sin(bits.w)));
}
