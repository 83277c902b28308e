// A tensor of binary64 numbers, scaled to integers, as their residues: a plane for each odd modulus, two neighbouring
// places of the sum (k's outer digit) in one word; and modulo 2^32, a plane for the first and one for the second of the
// two. Around the elements stand the zeros that a convolution sees, so that each of its taps is a shift. See
// matmul.gather.wgsl for which element is which.
#needs MODULI = 4
#needs MODULI_LIST = 4095, 4093, 4091, 4079
#needs C14_LIST = 1, 1, 1, 1
#needs C28_LIST = 1, 1, 1, 1
#needs C42_LIST = 1, 1, 1, 1
#needs POWERS = 1024
#use "parts/grid.wgsl"
#use "precision/integer64.wgsl"
#use "exact/matmul.nearest.wgsl"

struct Sizes {
  words: u32,           // of a plane: [pair of places, outer digit of j, row, column]
  outerJ: u32,
  rows: u32,
  columns: u32,
  first: vec2i,         // row and column that are the first ones here
  extent: vec2u,        // rows and columns of the tensor
  steps: vec4u,         // of the tensor: outer digits of k and j, rows, columns
  base: u32,            // element at row and column 0
  outerK: u32,
  factor: u32,          // 0 or 1: which factor this is
  firstModulus: u32,
  moduli: u32,          // so many planes of odd moduli are stored
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<vec2u>;
@group(0) @binding(2) var<storage, read> plan: array<u32>;
/// 2^s for s = 0, 1, … modulo each of the odd moduli, two in a word.
@group(0) @binding(3) var<storage, read> powers: array<vec2u>;
@group(0) @binding(4) var<storage, read_write> residues: array<u32>;
@group(0) @binding(5) var<storage, read_write> low: array<u32>;

const moduli_list = array<i32, ${MODULI}>(${MODULI_LIST});
/// 2^14, 2^28 and 2^42 modulo each.
const c14 = array<i32, ${MODULI}>(${C14_LIST});
const c28 = array<i32, ${MODULI}>(${C28_LIST});
const c42 = array<i32, ${MODULI}>(${C42_LIST});

/// An integer of 53 bits and a sign in limbs of 14 bits, times 2^shift; all of it modulo 2^32.
struct Scaled {
  limbs: vec4i,
  shift: u32,
  low: u32,
}

fn scaled(at: u32, exists: bool) -> Scaled {
  let bits = x[select(0u, at, exists)];
  let field = (bits.y >> 20u) & 0x7ffu;
  let high = (bits.y & 0xfffffu) | select(0x100000u, 0u, field == 0u);
  let shift = i32(max(field, 1u)) - i32(plan[sizes.factor]);
  // Below the lowest exponent there are only zeros.
  let integer = u64_shift_right(vec2u(bits.x, high), u32(clamp(-shift, 0, 63)));
  let kept = select(vec2u(0u), integer, exists && field != 0x7ffu);
  let limbs = vec4i(vec4u(kept.x & 0x3fffu, (kept.x >> 14u) & 0x3fffu, ((kept.x >> 28u) | (kept.y << 4u)) & 0x3fffu, kept.y >> 10u));
  let flip = i32(bits.y) >> 31u;
  let left = u32(clamp(shift, 0, ${POWERS - 1}));
  let size = select(0u, kept.x << (left & 31u), left < 32u);
  return Scaled((limbs ^ vec4i(flip)) - vec4i(flip), left, (size ^ u32(flip)) - u32(flip));
}

@compute @workgroup_size(64)
fn split(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = element(group, groups, lane);
  if (i >= sizes.words) { return; }
  let across = i / sizes.columns;
  let down = across / sizes.rows;
  let column = i32(i - across * sizes.columns) + sizes.first.y;
  let row = i32(across - down * sizes.rows) + sizes.first.x;
  let pair = down / sizes.outerJ;
  let inside = row >= 0 && column >= 0 && u32(row) < sizes.extent.x && u32(column) < sizes.extent.y;
  let outer = 2u * pair * sizes.steps.x + (down - pair * sizes.outerJ) * sizes.steps.y;
  let at = sizes.base + outer + u32(row) * sizes.steps.z + u32(column) * sizes.steps.w;
  let even = scaled(at, inside);
  let odd = scaled(at + sizes.steps.x, inside && 2u * pair + 1u < sizes.outerK);
  if (sizes.firstModulus == 0u) {
    low[i] = even.low;
    low[i + sizes.words] = odd.low;
  }
  var target_at = i;
#for four in 0..MODULI / 4
  if (${4 * four}u >= sizes.firstModulus && ${4 * four}u < min(sizes.firstModulus + sizes.moduli, plan[2])) {
#for which in 0..2
#if which == 0
    let power0 = powers[even.shift * ${MODULI / 4}u + ${four}u];
#else
    let power1 = powers[odd.shift * ${MODULI / 4}u + ${four}u];
#end
#end
#for n in 4 * four..4 * four + 4
    {
      let p = moduli_list[${n}];
      let inverse = 1.0 / f32(moduli_list[${n}]);
#for which in 0..2
#if which == 0
      let limbs0 = even.limbs;
#else
      let limbs1 = odd.limbs;
#end
      let value${which} = limbs${which}.x + limbs${which}.y * c14[${n}] + limbs${which}.z * c28[${n}] + limbs${which}.w * c42[${n}];
      let first${which} = value${which} - nearest(f32(value${which}) * inverse) * p;
#if n % 4 < 2
      let word${which} = power${which}.x;
#else
      let word${which} = power${which}.y;
#end
#if n % 2 == 0
      let product${which} = first${which} * (i32(word${which} << 16u) >> 16u);
#else
      let product${which} = first${which} * (i32(word${which}) >> 16u);
#end
      let residue${which} = product${which} - nearest(f32(product${which}) * inverse) * p;
#end
      residues[target_at] = u32((residue0 & 0xffff) | (residue1 << 16u));
      target_at += sizes.words;
    }
#end
  }
#end
}
