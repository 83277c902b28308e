// Exact sums of binary64 numbers: the last step after sum.wgsl.
#needs LIMBS = 18
#needs LIMB_BITS = 20
#use "parts/grid.wgsl"
#use "exact/matmul.integer.wgsl"
#use "exact/matmul.special.wgsl"

struct Sizes {
  aView: array<vec4u, 4>,     // of a number 1 and of x, as special_sum reads them
  bView: array<vec4u, 4>,
  depth: u32,
  outputs: u32,
  parts: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> plan: array<u32>;
@group(0) @binding(2) var<storage, read> partial: array<i32>;
@group(0) @binding(4) var<storage, read> a: array<vec2u>;
@group(0) @binding(5) var<storage, read> b: array<vec2u>;
@group(0) @binding(6) var<storage, read_write> y: array<vec2u>;

/// Adds the parts of each output, and rounds.
@compute @workgroup_size(64)
fn total(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = element(group, groups, lane);
  if (i >= sizes.outputs || plan[3] != 0u) { return; }
  if (plan[4] != 0u) {
    let special = special_sum(0u, i);
    if (special.y != 0u) {
      y[i] = special;
      return;
    }
  }
  let count = sizes.outputs * sizes.parts;
#for l in 0..LIMBS
  var limb${l} = 0i;
#end
  for (var part = 0u; part < sizes.parts; part++) {
#for l in 0..LIMBS
    limb${l} += partial[${l}u * count + i * sizes.parts + part];
#end
  }
  var carry = 0i;
#for l in 0..LIMBS - 1
  carry += limb${l};
  limb${l} = carry & 0xfffff;
  carry >>= ${LIMB_BITS}u;
#end
  limb${LIMBS - 1} += carry;
#for w in 0..12
  var word${w} = 0u;
#for l in 32 * w / LIMB_BITS..(32 * w + 31) / LIMB_BITS + 1
#if l < LIMBS
#if LIMB_BITS * l >= 32 * w
  word${w} |= u32(limb${l} << ${LIMB_BITS * l - 32 * w}u);
#else
  word${w} |= u32(limb${l} >> ${32 * w - LIMB_BITS * l}u);
#end
#end
#end
#end
  y[i] = f64_of_integer(array<u32, 12>(word0, word1, word2, word3, word4, word5, word6, word7, word8, word9, word10, word11), i32(plan[0]) - 1075);
}
