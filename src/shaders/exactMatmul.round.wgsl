// From residues to the number: digits of mixed radix (Garner 1959), the integer in two's complement, one rounding to binary64.

struct Sizes {
  a_view: array<vec4u, 4>,
  b_view: array<vec4u, 4>,
  depth: u32,
  rows: u32,            // of this part, and filled up to whole tiles
  padded_rows: u32,
  columns: u32,
  padded_columns: u32,
  first_row: u32,
  first_column: u32,
  row_step: u32,        // of the output
  column_run: u32,      // so many columns lie side by side,
  run_step: u32,        // then so many elements follow until the next ones
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> plan: array<u32>;
@group(0) @binding(2) var<storage, read> table: array<vec4f>;
@group(0) @binding(3) var<storage, read> residues: array<u32>;
@group(0) @binding(4) var<storage, read> a: array<vec2u>;
@group(0) @binding(5) var<storage, read> b: array<vec2u>;
@group(0) @binding(6) var<storage, read_write> y: array<vec2u>;

#const LIMBS = (11 * MODULI + 17) / 16

const moduli_list = array<f32, ${MODULI}>(${MODULI_LIST});
/// Inverses of the product of all moduli before, modulo each.
const garner_list = array<f32, ${MODULI}>(${GARNER_LIST});

@compute @workgroup_size(64)
fn reconstruct(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (group.x + group.y * groups.x) * 64u + lane;
  if (i >= sizes.rows * sizes.columns || plan[3] != 0u) { return; }
  let m = i / sizes.columns;
  let j = i % sizes.columns;
  let row = sizes.first_row + m;
  let column = sizes.first_column + j;
  let target_at = row * sizes.row_step + column / sizes.column_run * sizes.run_step + column % sizes.column_run;
  if (plan[4] != 0u) {
    let special = special_sum(row, column);
    if (special.y != 0u) {
      y[target_at] = special;
      return;
    }
  }
  let plane = sizes.padded_rows * sizes.padded_columns / 2u;
  let word = m * sizes.padded_columns / 2u + j / 16u * 8u + j % 8u;
  let left = 16u - (j & 8u) * 2u;
  let moduli = plan[2];

  // x = d0 + p0 (d1 + p1 (d2 + …)), each digit from -p / 2 to p / 2.
  var digits: array<f32, ${MODULI}>;
#for n in 0..MODULI
  var d${n} = 0.0;
#end
#for four in 0..MODULI / 4
  if (moduli > ${4 * four}u) {
#for n in 4 * four..4 * four + 4
    {
      let residue = f32(bitcast<i32>(residues[${n}u * plane + word] << left) >> 16u);
      let p = moduli_list[${n}];
      let inverse = 1.0 / moduli_list[${n}];
#if n == 0
      d0 = residue;
#else
      var sum = d${n - 1};
#for back in 2..n + 1
      sum = sum * moduli_list[${n - back}] + d${n - back};
      sum -= round(sum * inverse) * p;
#end
      sum = (residue - sum) * garner_list[${n}];
      sum -= round(sum * inverse) * p;
      d${n} = sum - round(sum * inverse) * p;
#end
      digits[${n}] = d${n};
    }
#end
  }
#end

#for l in 0..LIMBS
  var w${l} = 0i;
#end
  for (var n = i32(moduli) - 1; n >= 0; n--) {
    let p = i32(table[u32(n) / 4u * 5u][u32(n) % 4u]);
    var carry = i32(digits[n]);
#for l in 0..LIMBS
    carry += w${l} * p;
    w${l} = carry & 0xffff;
    carry >>= 16u;
#end
  }

  // Sign and size.
  let sign = u32(w${LIMBS - 1}) >> 15u;
  let flip = select(0, 0xffff, sign == 1u);
  var carry = i32(sign);
#for l in 0..LIMBS
  carry += w${l} ^ flip;
  w${l} = carry & 0xffff;
  carry >>= 16u;
#end

  // The first 49 to 64 bits, the 16 after them, and whether there are more.
  var top = vec2u(0u);
  var next = 0u;
  var more = 0u;
  var below = 0u;
#for back in 1..LIMBS + 1
  {
    let limb = u32(w${LIMBS - back});
    let full = top.y >= 0x10000u;
    more |= select(0u, limb, below > 0u);
    next = select(next, limb, full && below == 0u);
    top = select(vec2u((top.x << 16u) | limb, (top.y << 16u) | (top.x >> 16u)), top, full);
    below += u32(full);
  }
#end
  let zeros = u64_leading_zeros(top);
  let shifted = u64_shift_left(top, zeros & 63u);
  let tail = next << (zeros & 15u);
  let few = below > 0u;
  let joined = shifted.x | select(0u, tail >> 16u, few) | u32((tail & 0xffffu) != 0u || more != 0u);
  // The lowest bit of the integer is 2^(plan[0] + plan[1] - 2150).
  let exponent = 63 - i32(zeros) + 16 * i32(below) + i32(plan[0]) + i32(plan[1]) - 2150;
  let zero = (top.x | top.y) == 0u;
  y[target_at] = f64_round(select(sign << 31u, 0u, zero), exponent + 1023, vec2u(joined, shifted.y));
}
