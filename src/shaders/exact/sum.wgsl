// Exact sums of binary64 numbers: integers in limbs of LIMB_BITS bits, a limb in an i32, so that a thousand numbers can
// be added before a carry.
#needs PARTS = 1024
#needs LIMBS = 18
#needs LIMB_BITS = 20
#use "parts/grid.wgsl"
#use "precision/integer64.wgsl"

struct Sizes {
  depth: u32,           // numbers of a sum
  depthBits: u32,       // 2^depthBits or fewer
  outputs: u32,
  parts: u32,           // invocations that share a sum
  reduced: u32,         // x is [outer, reduced, kept, inner]
  kept: u32,
  inner: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> ranges: array<vec4u>;
@group(0) @binding(2) var<storage, read_write> plan: array<u32>;

/// plan: lowest exponent, 0, limbs, whether they are too few, whether there are infinities or NaN.
@compute @workgroup_size(1)
fn choose() {
  var range = vec4u(0u);
  for (var i = 0u; i < ${PARTS}u; i++) { range = max(range, ranges[i]); }
  let zero = range.x == 0u;
  let needed = select(range.x + range.y - 8192u + sizes.depthBits + 1u, 0u, zero);
  plan[0] = select(8192u - range.y, 1u, zero);
  plan[1] = 0u;
  plan[2] = (needed + ${LIMB_BITS - 1}u) / ${LIMB_BITS}u;
  plan[3] = u32(plan[2] > ${LIMBS}u);
  plan[4] = range.z;
}

@group(0) @binding(3) var<storage, read> x: array<vec2u>;
@group(0) @binding(4) var<storage, read> chosen: array<u32>;
@group(0) @binding(5) var<storage, read_write> partial: array<i32>;

/// The sum of every `parts`-th number of an output.
@compute @workgroup_size(64)
fn accumulate(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = element(group, groups, lane);
  let count = sizes.outputs * sizes.parts;
  if (i >= count || chosen[3] != 0u) { return; }
  let lowest = i32(chosen[0]);
  let limbs = chosen[2];
  let output = i / sizes.parts;
  let part = i - output * sizes.parts;
  let outer = output / sizes.kept;
  let row_step = sizes.kept * sizes.inner;
  let row = part / sizes.inner;
  var column = part - row * sizes.inner;
  var at = (outer * sizes.reduced + row) * row_step + (output - outer * sizes.kept) * sizes.inner + column;
  let rows = sizes.parts / sizes.inner;
  let columns = sizes.parts - rows * sizes.inner;
  let step = rows * row_step + columns;
#for l in 0..LIMBS
  var limb${l} = 0i;
#end
  for (var first = part; first < sizes.depth; first += 1000u * sizes.parts) {
    let end = min(first + 1000u * sizes.parts, sizes.depth);
    for (var k = first; k < end; k += sizes.parts) {
      let bits = x[at];
      column += columns;
      let next_row = column >= sizes.inner;
      column = select(column, column - sizes.inner, next_row);
      at += step + select(0u, row_step - sizes.inner, next_row);

      let field = (bits.y >> 20u) & 0x7ffu;
      let high = (bits.y & 0xfffffu) | select(0x100000u, 0u, field == 0u);
      let shift = i32(max(field, 1u)) - lowest;
      // Below the lowest exponent there are only zeros.
      let integer = u64_shift_right(vec2u(bits.x, high), u32(clamp(-shift, 0, 63)));
      let kept = select(integer, vec2u(0u), field == 0x7ffu);
      let left = u32(clamp(shift, 0, ${LIMB_BITS * LIMBS}));
      let start = left / ${LIMB_BITS}u;
      let by = left - start * ${LIMB_BITS}u;
      let wide = u64_shift_left(kept, by);
      let more = (kept.y >> 1u) >> (31u - by);
      let flip = i32(bits.y) >> 31u;
      let pieces = vec4i(vec4u(wide.x & 0xfffffu, ((wide.x >> 20u) | (wide.y << 12u)) & 0xfffffu, (wide.y >> 8u) & 0xfffffu, (wide.y >> 28u) | (more << 4u)));
      let signed = (pieces ^ vec4i(flip)) - vec4i(flip);
#for six in 0..LIMBS / 6
      if (limbs > ${6 * six}u) {
#for l in 6 * six..6 * six + 6
        limb${l} += select(0, signed.x, start == ${l}u);
#if l >= 1
        limb${l} += select(0, signed.y, start == ${l - 1}u);
#end
#if l >= 2
        limb${l} += select(0, signed.z, start == ${l - 2}u);
#end
#if l >= 3
        limb${l} += select(0, signed.w, start == ${l - 3}u);
#end
#end
      }
#end
    }
    // The last limb keeps the sign.
    var carry = 0i;
#for l in 0..LIMBS - 1
    carry += limb${l};
    limb${l} = carry & 0xfffff;
    carry >>= ${LIMB_BITS}u;
#end
    limb${LIMBS - 1} += carry;
  }
#for l in 0..LIMBS
  partial[${l}u * count + i] = limb${l};
#end
}
