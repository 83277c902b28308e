// a^b in binary64, to two units in the last place: e^(b ln |a|) with ln |a| to 62 bits, and what IEEE 754 says of zeros, infinities, NaN
// and negative a. By the functions of the module f64.

/// significand / 2^63 · 2^(exponent - 1023), bit 63 of the significand being 1, or it is 0.
struct f64_long {
  negative: bool,
  exponent: i32,
  significand: vec2u,
}

/// ln x of a number above 0 by 2 artanh((m - 1) / (m + 1)), as f64_logarithm, but not rounded.
fn f64_long_logarithm(x: vec2u) -> f64_long {
  let parts = f64_split(x);
  let large = parts.significand.y > 0x16a09eu;
  let exponent = parts.exponent - 1023 + i32(large);
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
  // 1 / 3 + s^2 / 5 + ...: reciprocals of odd numbers in units of 2^-64.
  var reciprocals = array<vec2u, 12>(
    vec2u(0xd70a3d70u, 0x0a3d70a3u), vec2u(0x8590b216u, 0x0b21642cu), vec2u(0x30c30c30u, 0x0c30c30cu),
    vec2u(0x50d79435u, 0x0d79435eu), vec2u(0x0f0f0f0fu, 0x0f0f0f0fu), vec2u(0x11111111u, 0x11111111u),
    vec2u(0xb13b13b1u, 0x13b13b13u), vec2u(0x5d1745d1u, 0x1745d174u), vec2u(0x71c71c71u, 0x1c71c71cu),
    vec2u(0x92492492u, 0x24924924u), vec2u(0x33333333u, 0x33333333u), vec2u(0x55555555u, 0x55555555u),
  );
  var sum = reciprocals[0];
  for (var i = 1u; i < 12u; i++) { sum = u64_add(reciprocals[i], u64_fraction_product(square, sum)); }
  let half = u64_shift_right(slope, 1u);
  // ln m = ± artanh / 2^62 · 2^(1 - places).
  let artanh = u64_add(half, u64_fraction_product(half, u64_fraction_product(square, sum)));
  if (exponent == 0) {
    let zeros = u64_leading_zeros(artanh);
    let significand = select(u64_shift_left(artanh, zeros & 63u), vec2u(0u), none);
    return f64_long(below, 1025 - i32(places) - i32(zeros), significand);
  }
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
  return f64_long(exponent < 0, 1022 + i32(bits) - i32(lead), u64_shift_left(joined, lead & 63u));
}

/// |a|^b for numbers a other than 0, b other than 0.
fn f64_power_of_size(a: vec2u, b: vec2u) -> vec2u {
  let log = f64_long_logarithm(f64_absolute(a));
  let factor = f64_split(b);
  let top = u64_product(log.significand, u64_shift_left(factor.significand, 11u)).zw;
  let large = (top.y & 0x80000000u) != 0u;
  let product = select(u64_shift_left(top, 1u), top, large);
  let exponent = log.exponent + factor.exponent - 1023 + i32(large);
  let sign = select(0u, f64_sign, log.negative != ((b.y & f64_sign) != 0u));
  // 53 bits, and the 11 that follow.
  let high = f64_round(sign, exponent, vec2u(product.x & 0xfffff800u, product.y));
  let low = vec2u(product.x & 0x7ffu, 0u);
  let zeros = u64_leading_zeros(low);
  let rest = f64_round(sign, exponent - i32(zeros), u64_shift_left(low, zeros & 63u));
  let value = f64_exponential(high);
  let number = !f64_is_zero(value) && value.y < f64_endless;
  return select(value, f64_add(value, f64_mul(value, rest)), number);
}

fn f64_power(a: vec2u, b: vec2u) -> vec2u {
  let negative = (a.y & f64_sign) != 0u;
  let b_negative = (b.y & f64_sign) != 0u;
  let size = f64_absolute(a);
  let zero = f64_is_zero(a);
  let endless = size.y == f64_endless && size.x == 0u;
  // Of b: whether it is whole and odd; beyond 2^53 all are even.
  let field = (b.y >> 20u) & 0x7ffu;
  let digits = f64_split(b).significand;
  let places = u32(clamp(1075 - i32(field), 0, 52));
  let shifted = u64_shift_right(digits, places);
  let whole = field >= 1023u && all(u64_shift_left(shifted, places) == digits);
  let odd = whole && field <= 1075u && (shifted.x & 1u) == 1u;
  let one = vec2u(0u, 0x3ff00000u);
  var value = f64_power_of_size(a, b);
  // Small whole powers are products.
  let square = f64_mul(size, size);
  value = select(value, size, all(b == one));
  value = select(value, square, all(b == vec2u(0u, 0x40000000u)));
  value = select(value, f64_mul(square, size), all(b == vec2u(0u, 0x40080000u)));
  // |a| against 1 decides what an infinite power is.
  let b_endless = (b.y & 0x7fffffffu) == f64_endless && b.x == 0u;
  let grows = u64_less(one, size) != b_negative;
  value = select(value, vec2u(0u, select(0u, f64_endless, grows)), zero || endless || b_endless);
  value = select(value, one, all(size == one));
  value = select(value, vec2u(value.x, value.y | f64_sign), negative && odd);
  let undefined = (negative && !whole && !zero && !endless && !b_endless) || f64_is_nan(a) || f64_is_nan(b);
  value = select(value, f64_nan, undefined);
  return select(value, one, f64_is_zero(b) || all(a == one));
}
