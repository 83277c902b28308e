// From residues to the number: digits of mixed radix (Garner 1959), the integer in two's complement, one rounding to binary64.
#needs MODULI = 4
#needs MODULI_LIST = 4095, 4093, 4091, 4079
#needs FACTORS = 28
#needs FACTORS_LIST = 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1
#needs LIMBS = 24
#needs LIMB_BITS = 14
#needs PLACES_LIST = 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1
#use "parts/grid.wgsl"
#use "exact/matmul.nearest.wgsl"
#use "exact/matmul.integer.wgsl"
#use "exact/matmul.special.wgsl"
#use "exact/matmul.target.wgsl"

struct Sizes {
  aView: array<vec4u, 4>,
  bView: array<vec4u, 4>,
  targetLengths: vec2u,
  targetSteps: vec4u,
  targetBase: u32,
  depth: u32,
  rows: u32,            // of this part, and filled up to whole tiles
  paddedRows: u32,
  columns: u32,
  paddedColumns: u32,
  firstRow: u32,
  firstColumn: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> plan: array<u32>;
@group(0) @binding(2) var<storage, read> low: array<u32>;
@group(0) @binding(3) var<storage, read> residues: array<u32>;
@group(0) @binding(4) var<storage, read> a: array<vec2u>;
@group(0) @binding(5) var<storage, read> b: array<vec2u>;
@group(0) @binding(6) var<storage, read_write> y: array<vec2u>;

const moduli_list = array<i32, ${MODULI}>(${MODULI_LIST});
/// What each digit is made of; see residues.ts.
const factors = array<i32, ${MODULI * FACTORS}>(${FACTORS_LIST});
/// What the digits are worth, in limbs of LIMB_BITS bits.
const places = array<i32, ${MODULI * LIMBS}>(${PLACES_LIST});

/// Of the integer: 2^32 times LIMBS limbs, and the word below.
#const WORDS = 12

@compute @workgroup_size(64)
fn reconstruct(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = element(group, groups, lane);
  if (i >= sizes.rows * sizes.columns || plan[3] != 0u) { return; }
  let m = i / sizes.columns;
  let j = i - m * sizes.columns;
  let row = sizes.firstRow + m;
  let column = sizes.firstColumn + j;
  let target_at = target_of(row, column);
  if (plan[4] != 0u) {
    let special = special_sum(row, column);
    if (special.y != 0u) {
      y[target_at] = special;
      return;
    }
  }
  let plane = sizes.paddedRows * sizes.paddedColumns / 2u;
  let word = m * sizes.paddedColumns / 2u + j / 16u * 8u + j % 8u;
  let left = 16u - (j & 8u) * 2u;
  let moduli = plan[2];

  // x = word0 + 2^32 (d0 + p0 (d1 + p1 (d2 + …))), each digit from -p / 2 to p / 2 or a little more.
  let word0 = low[m * sizes.paddedColumns + j];
  let low0 = i32(word0 & 0x7ffu);
  let low1 = i32((word0 >> 11u) & 0x7ffu);
  let low2 = i32(word0 >> 22u);
#for l in 0..LIMBS
  var limb${l} = 0i;
#end
#for n in 0..MODULI
  var d${n} = 0i;
#end
#for four in 0..MODULI / 4
  if (moduli > ${4 * four}u) {
#for n in 4 * four..4 * four + 4
#if n > 4 * four
    if (moduli > ${n}u)
#end
    {
      let residue = i32(residues[${n}u * plane + word] << left) >> 16u;
      var sum = residue * factors[${n * FACTORS}] + low0 * factors[${n * FACTORS + 1}] + low1 * factors[${n * FACTORS + 2}] + low2 * factors[${n * FACTORS + 3}];
#for before in 0..n
      sum += d${before} * factors[${n * FACTORS + 4 + before}];
#end
      d${n} = sum - nearest(f32(sum) * (1.0 / f32(moduli_list[${n}]))) * moduli_list[${n}];
    }
#end
#for n in 4 * four..4 * four + 4
#for l in 0..(13 * n) / LIMB_BITS + 1
    limb${l} += d${n} * places[${n * LIMBS + l}];
#end
#end
  }
#end

  var carry = 0i;
#for l in 0..LIMBS - 1
  carry += limb${l};
  limb${l} = carry & ${16383};
  carry >>= ${LIMB_BITS}u;
#end
  // The last limb keeps the sign.
  limb${LIMBS - 1} += carry;
#for w in 1..WORDS
  var word${w} = 0u;
#for l in 32 * (w - 1) / LIMB_BITS..(32 * w - 1) / LIMB_BITS + 1
#if l < LIMBS
#if LIMB_BITS * l >= 32 * (w - 1)
  word${w} |= u32(limb${l} << ${LIMB_BITS * l - 32 * (w - 1)}u);
#else
  word${w} |= u32(limb${l} >> ${32 * (w - 1) - LIMB_BITS * l}u);
#end
#end
#end
#end

  y[target_at] = f64_of_integer(array<u32, 12>(word0, word1, word2, word3, word4, word5, word6, word7, word8, word9, word10, word11), i32(plan[0]) + i32(plan[1]) - 2150);
}
