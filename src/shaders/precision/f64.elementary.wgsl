// e to the power x and the natural logarithm in binary64, by series in integers of 64 bits after the point: errors below 0.51 units in
// the last place.
#use "precision/f64.arithmetic.wgsl"

/// |n| ln 2 in units of 2^-64, rounded down, for |n| < 2^12: words of the fraction, then the whole part.
fn f64_times_ln2(n: u32) -> vec3u {
  let low = u32_product(0xc9e3b398u, n);
  let middle = u32_product(0xd1cf79abu, n);
  let high = u32_product(0xb17217f7u, n);
  let first = u64_add(middle, vec2u(low.y, 0u));
  let second = u64_add(high, vec2u(first.y, 0u));
  return vec3u(first.x, second);
}

fn f64_exponential(x: vec2u) -> vec2u {
  let negative = (x.y & f64_sign) != 0u;
  let parts = f64_split(x);
  // |x| < 1024 in units of 2^-64.
  let shift = parts.exponent - 1023 + 12;
  let left = u64_shift_left(parts.significand, u32(clamp(shift, 0, 21)));
  let over = u64_shift_right(parts.significand, u32(64 - clamp(shift, 1, 21))).x;
  let right = u64_shift_right(parts.significand, u32(clamp(-shift, 0, 63)));
  let fraction = select(left, right, shift < 0);
  let whole = select(0u, over, shift > 0);
  // n ln 2 <= x: at first a guess, which may be one off.
  let size = f32(whole) + f32(fraction.y) * 0x1p-32;
  var n = i32(floor(select(size, -size, negative) * 1.442695));
  let multiple = f64_times_ln2(u32(abs(n)));
  // n has the sign of x, or is 0.
  var r = u64_subtract(fraction, multiple.xy);
  var top = whole - multiple.z - u32(u64_less(fraction, multiple.xy));
  if (negative) {
    let zero = (r.x | r.y) == 0u;
    r = u64_subtract(vec2u(0u), r);
    top = 0u - top - u32(!zero);
  }
  let ln2 = vec2u(0xd1cf79abu, 0xb17217f7u);
  if (top >= 0x80000000u) {
    r = u64_add(r, ln2);
    n -= 1;
  } else if (top != 0u || !u64_less(r, ln2)) {
    r = u64_subtract(r, ln2);
    n += 1;
  }
  // e^r - 1 = r + r^2 (1/2! + r/3! + ...), 0 <= r < ln 2.
  var sum = vec2u(0x00000b41u, 0x00000000u); // 1 / 18!
  sum = u64_add(vec2u(0x0000ca96u, 0x00000000u), u64_fraction_product(r, sum)); // 1 / 17!
  sum = u64_add(vec2u(0x000d73f9u, 0x00000000u), u64_fraction_product(r, sum)); // 1 / 16!
  sum = u64_add(vec2u(0x00d73f9fu, 0x00000000u), u64_fraction_product(r, sum)); // 1 / 15!
  sum = u64_add(vec2u(0x0c9cba54u, 0x00000000u), u64_fraction_product(r, sum)); // 1 / 14!
  sum = u64_add(vec2u(0xb092309du, 0x00000000u), u64_fraction_product(r, sum)); // 1 / 13!
  sum = u64_add(vec2u(0xf76c77fcu, 0x00000008u), u64_fraction_product(r, sum)); // 1 / 12!
  sum = u64_add(vec2u(0x99159fd5u, 0x0000006bu), u64_fraction_product(r, sum)); // 1 / 11!
  sum = u64_add(vec2u(0x93edde27u, 0x0000049fu), u64_fraction_product(r, sum)); // 1 / 10!
  sum = u64_add(vec2u(0xc74aad8eu, 0x00002e3bu), u64_fraction_product(r, sum)); // 1 / 9!
  sum = u64_add(vec2u(0x01a01a01u, 0x0001a01au), u64_fraction_product(r, sum)); // 1 / 8!
  sum = u64_add(vec2u(0x0d00d00du, 0x000d00d0u), u64_fraction_product(r, sum)); // 1 / 7!
  sum = u64_add(vec2u(0x5b05b05bu, 0x005b05b0u), u64_fraction_product(r, sum)); // 1 / 6!
  sum = u64_add(vec2u(0x22222222u, 0x02222222u), u64_fraction_product(r, sum)); // 1 / 5!
  sum = u64_add(vec2u(0xaaaaaaaau, 0x0aaaaaaau), u64_fraction_product(r, sum)); // 1 / 4!
  sum = u64_add(vec2u(0xaaaaaaaau, 0x2aaaaaaau), u64_fraction_product(r, sum)); // 1 / 3!
  sum = u64_add(vec2u(0x00000000u, 0x80000000u), u64_fraction_product(r, sum)); // 1 / 2!
  let power = u64_add(r, u64_fraction_product(r, u64_fraction_product(r, sum)));
  let half = u64_shift_right(power, 1u);
  let finite = f64_round(0u, n + 1023, vec2u(half.x | (power.x & 1u), half.y | 0x80000000u));
  let large = ((x.y >> 20u) & 0x7ffu) >= 1033u;
  let limited = select(finite, vec2u(0u, select(f64_endless, 0u, negative)), large);
  return select(select(limited, vec2u(0u, 0x3ff00000u), f64_is_zero(x)), f64_nan, f64_is_nan(x));
}

fn f64_logarithm(x: vec2u) -> vec2u {
  let parts = f64_split(x);
  let large = parts.significand.y > 0x16a09eu;
  let exponent = parts.exponent - 1023 + i32(large);
  // m in [sqrt(1/2), sqrt 2) in units of 2^-53; ln m = 2 artanh s, s = (m - 1) / (m + 1).
  let m = select(u64_shift_left(parts.significand, 1u), parts.significand, large);
  let one = vec2u(0u, 0x200000u);
  let below = u64_less(m, one);
  let distance = select(u64_subtract(m, one), u64_subtract(one, m), below);
  let none = (distance.x | distance.y) == 0u;
  let divisor = u64_add(m, one);
  let shift = u64_leading_zeros(distance) - u64_leading_zeros(divisor);
  let aligned = u64_shift_left(distance, shift & 63u);
  let less = u64_less(aligned, divisor);
  // s = slope / 2^63 / 2^places, places >= 3.
  let places = shift + u32(less);
  let slope = u64_quotient(select(aligned, u64_shift_left(aligned, 1u), less), divisor);
  let s = u64_shift_right(slope, min(places - 1u, 63u));
  let square = u64_fraction_product(s, s);
  // artanh s / s - 1 = s^2 (1/3 + s^2/5 + ...).
  var sum = vec2u(0xd70a3d70u, 0x0a3d70a3u); // 1 / 25
  sum = u64_add(vec2u(0x8590b216u, 0x0b21642cu), u64_fraction_product(square, sum)); // 1 / 23
  sum = u64_add(vec2u(0x30c30c30u, 0x0c30c30cu), u64_fraction_product(square, sum)); // 1 / 21
  sum = u64_add(vec2u(0x50d79435u, 0x0d79435eu), u64_fraction_product(square, sum)); // 1 / 19
  sum = u64_add(vec2u(0x0f0f0f0fu, 0x0f0f0f0fu), u64_fraction_product(square, sum)); // 1 / 17
  sum = u64_add(vec2u(0x11111111u, 0x11111111u), u64_fraction_product(square, sum)); // 1 / 15
  sum = u64_add(vec2u(0xb13b13b1u, 0x13b13b13u), u64_fraction_product(square, sum)); // 1 / 13
  sum = u64_add(vec2u(0x5d1745d1u, 0x1745d174u), u64_fraction_product(square, sum)); // 1 / 11
  sum = u64_add(vec2u(0x71c71c71u, 0x1c71c71cu), u64_fraction_product(square, sum)); // 1 / 9
  sum = u64_add(vec2u(0x92492492u, 0x24924924u), u64_fraction_product(square, sum)); // 1 / 7
  sum = u64_add(vec2u(0x33333333u, 0x33333333u), u64_fraction_product(square, sum)); // 1 / 5
  sum = u64_add(vec2u(0x55555555u, 0x55555555u), u64_fraction_product(square, sum)); // 1 / 3
  let series = u64_fraction_product(square, sum);
  let half = u64_shift_right(slope, 1u);
  // ln m = ± artanh / 2^62 · 2^(1 - places).
  let artanh = u64_add(half, u64_fraction_product(half, series));
  let zeros = u64_leading_zeros(artanh);
  let near = f64_round(select(0u, f64_sign, below), 1025 - i32(places) - i32(zeros), u64_shift_left(artanh, zeros & 63u));
  // |e| ln 2 ± ln m in units of 2^-64.
  let multiple = f64_times_ln2(u32(abs(exponent)));
  let small = select(u64_shift_right(artanh, min(places - 3u, 63u)), vec2u(0u), none);
  let opposite = below != (exponent < 0);
  let added = u64_add(multiple.xy, small);
  let reduced = u64_subtract(multiple.xy, small);
  let total = select(added, reduced, opposite);
  let whole = select(multiple.z + u32(u64_less(added, small)), multiple.z - u32(u64_less(multiple.xy, small)), opposite);
  let bits = 32u - countLeadingZeros(whole);
  let joined = u64_shift_right(total, bits) | select(u64_shift_left(vec2u(whole, 0u), (64u - bits) & 63u), vec2u(0u), bits == 0u);
  let lead = u64_leading_zeros(joined);
  let normal = u64_shift_left(joined, lead & 63u);
  let far = f64_round(select(0u, f64_sign, exponent < 0), 1022 + i32(bits) - i32(lead), vec2u(normal.x | 1u, normal.y));
  let finite = select(far, select(near, vec2u(0u), none), exponent == 0);
  let zero = f64_is_zero(x);
  let undefined = f64_is_nan(x) || ((x.y & f64_sign) != 0u && !zero);
  let endless = (x.y & 0x7fffffffu) == f64_endless;
  return select(select(select(finite, x, endless), vec2u(0u, f64_sign | f64_endless), zero), f64_nan, undefined);
}
