// Random integers below a bound from Philox, in the layout of src/base/philox.ts; an invocation makes the four numbers of a block.
#use "parts/grid.wgsl"
#use "parts/philox.wgsl"

struct Sizes {
  size: u32,
  stream: u32,
  substream: u32,
  bound: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> key: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<i32>;

/// y = floor(word bound / 2^32), in exact integers.
@compute @workgroup_size(64)
fn integers(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = element(group, groups, local);
  let words = philox4x32_10(vec4u(index, 0u, sizes.stream, sizes.substream), vec2u(key[0], key[1]));
  for (var i = 0u; i < 4u; i++) {
    if (index * 4u + i < sizes.size) {
      y[index * 4u + i] = i32(philox_multiply_high(words[i], sizes.bound));
    }
  }
}
