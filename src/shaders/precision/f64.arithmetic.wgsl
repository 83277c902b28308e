// IEEE binary64 in pairs of words, with integers: bit for bit JavaScript's numbers, subnormals, infinities and NaN (always the same
// one) included. Where f32 appears, it only guesses digits whose remainder is then computed exactly.
#use "precision/integer64.wgsl"

/// Low word, high word: as a little-endian Float64Array holds them.
alias f64_stored = vec2u;
alias f64_value = vec2u;
alias f64_accumulator = vec2u;

const f64_nan = vec2u(0u, 0x7ff80000u);
const f64_sign = 0x80000000u;
const f64_endless = 0x7ff00000u;

fn f64_begin(zero: u32) {}

fn f64_decode(stored: vec2u, place: u32) -> vec2u {
  return stored;
}

fn f64_encode(stored: vec2u, place: u32, value: vec2u) -> vec2u {
  return value;
}

fn f64_is_nan(x: vec2u) -> bool {
  let high = x.y & 0x7fffffffu;
  return high > f64_endless || (high == f64_endless && x.x != 0u);
}

fn f64_is_zero(x: vec2u) -> bool {
  return ((x.y << 1u) | x.x) == 0u;
}

fn f64_negate(x: vec2u) -> vec2u {
  return vec2u(x.x, x.y ^ f64_sign);
}

fn f64_absolute(x: vec2u) -> vec2u {
  return vec2u(x.x, x.y & 0x7fffffffu);
}

/// A number other than an infinity and NaN as significand 2^(exponent - 1023 - 52), bit 52 the highest of the significand; 0 is 0.
struct f64_parts {
  significand: vec2u,
  exponent: i32,
}

fn f64_split(x: vec2u) -> f64_parts {
  let field = (x.y >> 20u) & 0x7ffu;
  let fraction = vec2u(x.x, x.y & 0xfffffu);
  let shift = u64_leading_zeros(fraction) - 11u;
  let subnormal = f64_parts(u64_shift_left(fraction, shift & 63u), 1 - i32(shift));
  let normal = f64_parts(vec2u(fraction.x, fraction.y | 0x100000u), i32(field));
  let small = field == 0u;
  return f64_parts(
    select(normal.significand, subnormal.significand, small),
    select(normal.exponent, subnormal.exponent, small),
  );
}

/// The number nearest to ± significand / 2^63 · 2^(exponent - 1023), ties to even. Bit 63 of the significand is set, or it is 0;
/// its lowest bit stands for all lower ones.
fn f64_round(sign: u32, exponent: i32, significand: vec2u) -> vec2u {
  let below = u32(clamp(1 - exponent, 0, 65));
  let kept = u64_shift_right_sticky(significand, below);
  let whole = u64_shift_right(kept, 11u);
  let rest = kept.x & 0x7ffu;
  let up = rest > 0x400u || (rest == 0x400u && (whole.x & 1u) == 1u);
  let rounded = u64_add(whole, vec2u(u32(up), 0u));
  // The significand's highest bit adds one to the exponent.
  let high = rounded.y + (u32(max(exponent, 1) - 1) << 20u);
  let endless = exponent >= 2047 || high >= f64_endless;
  let zero = (significand.x | significand.y) == 0u;
  let finite = select(vec2u(rounded.x, high), vec2u(0u, f64_endless), endless);
  let result = select(finite, vec2u(0u), zero);
  return vec2u(result.x, result.y | sign);
}

fn f64_add(a: vec2u, b: vec2u) -> vec2u {
  let swap = u64_less(f64_absolute(a), f64_absolute(b));
  let large = select(a, b, swap);
  let small = select(b, a, swap);
  let field = (large.y >> 20u) & 0x7ffu;
  let small_field = (small.y >> 20u) & 0x7ffu;
  let exponent = max(field, 1u);
  let distance = exponent - max(small_field, 1u);
  // Highest bit 62: room for a carry above, ten bits below.
  let first = u64_shift_left(vec2u(large.x, (large.y & 0xfffffu) | select(0u, 0x100000u, field != 0u)), 10u);
  let unaligned = u64_shift_left(vec2u(small.x, (small.y & 0xfffffu) | select(0u, 0x100000u, small_field != 0u)), 10u);
  let second = u64_shift_right_sticky(unaligned, distance);
  let opposite = ((a.y ^ b.y) & f64_sign) != 0u;
  let sum = select(u64_add(first, second), u64_subtract(first, second), opposite);
  let zeros = u64_leading_zeros(sum);
  let cancelled = (sum.x | sum.y) == 0u;
  let sign = select(large.y & f64_sign, a.y & b.y & f64_sign, cancelled);
  let finite = f64_round(sign, i32(exponent) + 1 - i32(zeros), u64_shift_left(sum, zeros & 63u));
  let undefined = f64_is_nan(a) || f64_is_nan(b) || (opposite && small_field == 0x7ffu);
  return select(select(finite, large, field == 0x7ffu), f64_nan, undefined);
}

fn f64_subtract(a: vec2u, b: vec2u) -> vec2u {
  return f64_add(a, f64_negate(b));
}

fn f64_mul(a: vec2u, b: vec2u) -> vec2u {
  let sign = (a.y ^ b.y) & f64_sign;
  let x = f64_split(a);
  let y = f64_split(b);
  let product = u64_product(u64_shift_left(x.significand, 11u), u64_shift_left(y.significand, 11u));
  let top = vec2u(product.z | u32((product.x | product.y) != 0u), product.w);
  let large = (top.y & f64_sign) != 0u;
  let significand = select(u64_shift_left(top, 1u), top, large);
  let finite = f64_round(sign, x.exponent + y.exponent - 1023 + i32(large), significand);
  let zero = f64_is_zero(a) || f64_is_zero(b);
  let endless = (a.y & f64_endless) == f64_endless || (b.y & f64_endless) == f64_endless;
  let undefined = f64_is_nan(a) || f64_is_nan(b) || (zero && endless);
  let limited = select(finite, vec2u(0u, sign | f64_endless), endless);
  return select(select(limited, vec2u(0u, sign), zero && !endless), f64_nan, undefined);
}

/// acc + a b, each operation rounded.
fn f64_mac(accumulator: vec2u, a: vec2u, b: vec2u) -> vec2u {
  return f64_add(accumulator, f64_mul(a, b));
}

/// A signed integer of 64 bits as f32, roughly.
fn f64_rough(x: vec2u) -> f32 {
  return f32(i32(x.y)) * 4294967296.0 + f32(x.x);
}

/// The first 61 bits of a / b for integers b <= a < 2b, b from 2^52 to 2^55 - 1; the lowest bit of the result, below them, is set if
/// there are more. Bit 63 is 1 and stands for 1.
fn u64_quotient(a: vec2u, b: vec2u) -> vec2u {
  let inverse = 1048576.0 / f64_rough(b);
  var rest = a;
  var quotient = vec2u(0u);
  for (var digit = 0u; digit < 3u; digit++) {
    // Twenty bits at a time, with a sign: rounding leaves a rest of less than b.
    let guess = i32(round(f64_rough(rest) * inverse));
    rest = u64_subtract(u64_shift_left(rest, 20u), u64_times_i32(b, guess));
    quotient = u64_add(u64_shift_left(quotient, 20u), vec2u(u32(guess), u32(guess >> 31u)));
  }
  let over = (rest.y & 0x80000000u) != 0u;
  quotient = u64_subtract(quotient, vec2u(u32(over), 0u));
  rest = u64_add(rest, select(vec2u(0u), b, over));
  let result = u64_shift_left(quotient, 3u);
  return vec2u(result.x | u32((rest.x | rest.y) != 0u), result.y);
}

fn f64_divide(a: vec2u, b: vec2u) -> vec2u {
  let sign = (a.y ^ b.y) & f64_sign;
  let x = f64_split(a);
  let y = f64_split(b);
  let less = u64_less(x.significand, y.significand);
  let quotient = u64_quotient(select(x.significand, u64_shift_left(x.significand, 1u), less), y.significand);
  let finite = f64_round(sign, x.exponent - y.exponent + 1023 - i32(less), quotient);
  let a_zero = f64_is_zero(a);
  let b_zero = f64_is_zero(b);
  let a_endless = (a.y & f64_endless) == f64_endless;
  let b_endless = (b.y & f64_endless) == f64_endless;
  let undefined = f64_is_nan(a) || f64_is_nan(b) || (a_zero && b_zero) || (a_endless && b_endless);
  let endless = a_endless || b_zero;
  let zero = a_zero || b_endless;
  let limited = select(finite, vec2u(0u, sign | select(0u, f64_endless, endless)), endless || zero);
  return select(limited, f64_nan, undefined);
}

fn f64_square_root(a: vec2u) -> vec2u {
  let x = f64_split(a);
  let odd = ((x.exponent ^ 1) & 1) != 0;
  // m / 2^52 in [1, 4); its root s has 27, then 42, then 57 bits after the point; the rest is m - s^2 in units of s's last bit squared.
  let m = select(x.significand, u64_shift_left(x.significand, 1u), odd);
  let guess = u32(round(sqrt(f64_rough(m)) * 0.0625));
  var root = vec2u(guess << 5u, 0u);
  var rest = u64_subtract(u64_shift_left(m, 2u), u32_product(root.x, root.x));
  for (var digit = 0u; digit < 2u; digit++) {
    let next = i32(round(f64_rough(rest) * 16384.0 / f64_rough(root)));
    let size = u32(abs(next));
    rest = u64_subtract(
      u64_subtract(u64_shift_left(rest, 30u), u64_times_i32(u64_shift_left(root, 16u), next)),
      u32_product(size, size),
    );
    root = u64_add(u64_shift_left(root, 15u), vec2u(u32(next), u32(next >> 31u)));
  }
  let over = (rest.y & 0x80000000u) != 0u;
  root = u64_subtract(root, vec2u(u32(over), 0u));
  let twice = u64_shift_left(root, 1u);
  rest = u64_add(rest, select(vec2u(0u), vec2u(twice.x | 1u, twice.y), over));
  let significand = u64_shift_left(root, 6u);
  let finite = f64_round(0u, ((x.exponent - 1023) >> 1u) + 1023, vec2u(significand.x | u32((rest.x | rest.y) != 0u), significand.y));
  let same = f64_is_zero(a) || (a.x == 0u && a.y == f64_endless);
  let undefined = f64_is_nan(a) || ((a.y & f64_sign) != 0u && !f64_is_zero(a));
  return select(select(finite, a, same), f64_nan, undefined);
}

fn f64_equal(a: vec2u, b: vec2u) -> bool {
  let same = all(a == b) || (f64_is_zero(a) && f64_is_zero(b));
  return same && !f64_is_nan(a);
}

fn f64_less(a: vec2u, b: vec2u) -> bool {
  let a_negative = (a.y & f64_sign) != 0u;
  let b_negative = (b.y & f64_sign) != 0u;
  let sizes = select(u64_less(f64_absolute(a), f64_absolute(b)), u64_less(f64_absolute(b), f64_absolute(a)), a_negative);
  let ordered = select(sizes, a_negative, a_negative != b_negative);
  return ordered && !(f64_is_zero(a) && f64_is_zero(b)) && !f64_is_nan(a) && !f64_is_nan(b);
}

fn f64_less_equal(a: vec2u, b: vec2u) -> bool {
  return f64_less(a, b) || f64_equal(a, b);
}
