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

const two_pi = 6.283185307179586;

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

@compute @workgroup_size(64)
fn normal_numbers(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (group.y * groups.x + group.x) * 64u + local;
  let bits = words(index) >> vec4u(8u);
  let radius = sqrt(-2.0 * log(vec2f(bits.xz + 1u) * 0x1p-24));
  let angle = vec2f(bits.yw) * (0x1p-24 * two_pi);
  store(index, vec4f(radius.x * cos(angle.x), radius.x * sin(angle.x), radius.y * cos(angle.y), radius.y * sin(angle.y)));
}
