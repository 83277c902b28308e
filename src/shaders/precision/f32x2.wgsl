// Sums of two f32, the second at most half a unit in the last place of the first: about 48 bits of significand, the range of f32.
// The error terms are what remains when a rounded result is taken away, which a compiler that computes with real numbers finds to be 0:
// `f32x2_opaque` hides from it what was rounded. Far below 2^-78 the second number is lost to the range of f32.
#const CONVERSIONS = 0
#if CONVERSIONS
#use "precision/f32x2.conversions.wgsl"
#end

alias f32x2_stored = vec2f;
alias f32x2_value = vec2f;
alias f32x2_accumulator = vec2f;

/// 0, which no compiler may know.
var<private> f32x2_zero: u32;

fn f32x2_begin(zero: u32) {
  f32x2_zero = zero;
}

fn f32x2_decode(stored: vec2f, place: u32) -> vec2f {
  return stored;
}

fn f32x2_encode(stored: vec2f, place: u32, value: vec2f) -> vec2f {
  return value;
}

fn f32x2_opaque(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) ^ f32x2_zero);
}

/// Knuth: a + b and its error.
fn f32x2_two_sum(a: f32, b: f32) -> vec2f {
  let sum = f32x2_opaque(a + b);
  let part = f32x2_opaque(sum - a);
  return vec2f(sum, (a - f32x2_opaque(sum - part)) + (b - part));
}

/// Dekker: a + b and its error for |a| >= |b|.
fn f32x2_quick_two_sum(a: f32, b: f32) -> vec2f {
  let sum = f32x2_opaque(a + b);
  return vec2f(sum, b - f32x2_opaque(sum - a));
}

/// Dekker and Veltkamp: a b and its error, from halves of 12 bits whose products are exact.
fn f32x2_two_product(a: f32, b: f32) -> vec2f {
  let product = f32x2_opaque(a * b);
  let a_high = bitcast<f32>(bitcast<u32>(a) & 0xfffff000u);
  let b_high = bitcast<f32>(bitcast<u32>(b) & 0xfffff000u);
  let a_low = a - a_high;
  let b_low = b - b_high;
  return vec2f(product, ((f32x2_opaque(a_high * b_high) - product) + a_high * b_low + a_low * b_high) + a_low * b_low);
}

fn f32x2_is_finite(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7f800000u) != 0x7f800000u;
}

fn f32x2_is_nan(x: vec2f) -> bool {
  return (bitcast<u32>(x.x) & 0x7fffffffu) > 0x7f800000u;
}

/// Infinities and NaN have no second number, and zeros keep the sign that they have in f32.
fn f32x2_limited(value: vec2f, rough: f32) -> vec2f {
  let number = f32x2_is_finite(rough) && f32x2_is_finite(value.x) && !(value.x == 0.0 && rough == 0.0);
  return select(vec2f(rough, 0.0), value, number);
}

/// Li and others 2000 ("accurate" sum; Joldes, Muller and Popescu 2017, algorithm 6): relative error below 3 · 2^-48 of |a + b|.
fn f32x2_add(a: vec2f, b: vec2f) -> vec2f {
  let high = f32x2_two_sum(a.x, b.x);
  let low = f32x2_two_sum(a.y, b.y);
  let first = f32x2_quick_two_sum(high.x, high.y + low.x);
  return f32x2_limited(f32x2_quick_two_sum(first.x, first.y + low.y), high.x);
}

fn f32x2_negate(x: vec2f) -> vec2f {
  return bitcast<vec2f>(bitcast<vec2u>(x) ^ vec2u(0x80000000u));
}

fn f32x2_absolute(x: vec2f) -> vec2f {
  return select(x, f32x2_negate(x), (bitcast<u32>(x.x) & 0x80000000u) != 0u);
}

fn f32x2_subtract(a: vec2f, b: vec2f) -> vec2f {
  return f32x2_add(a, f32x2_negate(b));
}

/// Relative error below 2^-45.
fn f32x2_mul(a: vec2f, b: vec2f) -> vec2f {
  let product = f32x2_two_product(a.x, b.x);
  return f32x2_limited(f32x2_quick_two_sum(product.x, product.y + (a.x * b.y + a.y * b.x)), product.x);
}

/// acc + a b, with fewer operations than a product and a sum: for long sums. An overflow gives NaN.
fn f32x2_mac(accumulator: vec2f, a: vec2f, b: vec2f) -> vec2f {
  let product = f32x2_two_product(a.x, b.x);
  let sum = f32x2_two_sum(accumulator.x, product.x);
  let low = accumulator.y + (product.y + (a.x * b.y + a.y * b.x));
  return f32x2_quick_two_sum(sum.x, sum.y + low);
}

/// Long division: three quotients of f32.
fn f32x2_divide(a: vec2f, b: vec2f) -> vec2f {
  let first = a.x / b.x;
  let rest = f32x2_subtract(a, f32x2_mul(vec2f(first, 0.0), b));
  let second = rest.x / b.x;
  let third = f32x2_subtract(rest, f32x2_mul(vec2f(second, 0.0), b)).x / b.x;
  let sum = f32x2_add(f32x2_quick_two_sum(first, second), vec2f(third, 0.0));
  return select(vec2f(first, 0.0), sum, f32x2_is_finite(first) && f32x2_is_finite(b.x));
}

/// Newton's iteration from the root in f32, twice.
fn f32x2_square_root(a: vec2f) -> vec2f {
  let rough = inverseSqrt(a.x);
  let start = f32x2_opaque(a.x * rough);
  let rest = f32x2_subtract(a, f32x2_two_product(start, start));
  let next = f32x2_quick_two_sum(start, rest.x * (rough * 0.5));
  let left = f32x2_subtract(a, f32x2_mul(next, next));
  let root = f32x2_quick_two_sum(next.x, next.y + left.x * (rough * 0.5));
  let bits = bitcast<u32>(a.x);
  let same = vec2f(bitcast<f32>(select(bits, 0x7fc00000u, bits > 0x80000000u)), 0.0);
  return select(root, same, bits == 0u || bits >= 0x7f800000u);
}

/// e^x by its series after n ln 2 is taken away; its terms from the eighth on are small enough for f32.
fn f32x2_exponential(x: vec2f) -> vec2f {
  let limited = clamp(x.x, -105.0, 90.0);
  let n = i32(round(limited * 1.4426950408889634));
  let whole = f32(n);
  // The first two parts of ln 2 have 16 bits, so that their multiples are exact.
  let near = f32x2_add(vec2f(limited, select(0.0, x.y, limited == x.x)), vec2f(whole * -0x1.62e4p-1, 0.0));
  let r = f32x2_add(f32x2_add(near, vec2f(whole * -0x1.7f7cp-20, 0.0)), f32x2_two_product(whole, -0x1.1cf79ap-36));
  let last = 0x1.ae6456p-26 + r.x * (0x1.1eed8ep-29 + r.x * 0x1.612462p-33);
  let tail = 0x1.a01a02p-16 + r.x * (0x1.71de3ap-19 + r.x * (0x1.27e4fcp-22 + r.x * last));
  var sum = vec2f(tail, 0.0);
  sum = f32x2_add(vec2f(0x1.a01a02p-13, -0x1.7f97fap-39), f32x2_mul(r, sum)); // 1 / 7!
  sum = f32x2_add(vec2f(0x1.6c16c2p-10, -0x1.27d27ep-35), f32x2_mul(r, sum)); // 1 / 6!
  sum = f32x2_add(vec2f(0x1.111112p-7, -0x1.dddddep-32), f32x2_mul(r, sum)); // 1 / 5!
  sum = f32x2_add(vec2f(0x1.555556p-5, -0x1.555556p-30), f32x2_mul(r, sum)); // 1 / 4!
  sum = f32x2_add(vec2f(0x1.555556p-3, -0x1.555556p-28), f32x2_mul(r, sum)); // 1 / 3!
  sum = f32x2_add(vec2f(0x1p-1, 0.0), f32x2_mul(r, sum)); // 1 / 2!
  sum = f32x2_add(vec2f(1.0, 0.0), f32x2_mul(r, sum));
  let power = f32x2_add(vec2f(1.0, 0.0), f32x2_mul(r, sum));
  // 2^n in two factors, because its exponent alone may exceed those of f32.
  let half = n >> 1u;
  let scaled = power * bitcast<f32>((half + 127) << 23u) * bitcast<f32>((n - half + 127) << 23u);
  let result = f32x2_limited(scaled, scaled.x);
  return select(result, vec2f(x.x, 0.0), f32x2_is_nan(x));
}

/// ln m + e ln 2 with ln m = 2 artanh s, s = (m - 1) / (m + 1), by its series; its terms from the fifth on are small enough for f32.
fn f32x2_logarithm(x: vec2f) -> vec2f {
  let subnormal = x.x < 0x1p-100;
  let lifted = select(x, x * 0x1p64, subnormal);
  let bits = bitcast<u32>(lifted.x);
  let exponent = i32(bits >> 23u) - 127 + i32((bits & 0x7fffffu) > 0x3504f3u);
  let power = bitcast<f32>(u32(clamp(127 - exponent, 1, 254)) << 23u);
  let m = lifted * power;
  let s = f32x2_divide(f32x2_add(m, vec2f(-1.0, 0.0)), f32x2_add(m, vec2f(1.0, 0.0)));
  let square = f32x2_mul(s, s);
  let last = 0x1.111112p-4 + square.x * (0x1.e1e1e2p-5 + square.x * 0x1.af286cp-5);
  let tail = 0x1.745d18p-4 + square.x * (0x1.3b13b2p-4 + square.x * last);
  var sum = vec2f(tail, 0.0);
  sum = f32x2_add(vec2f(0x1.c71c72p-4, -0x1.c71c72p-31), f32x2_mul(square, sum)); // 1 / 9
  sum = f32x2_add(vec2f(0x1.24924ap-3, -0x1.b6db6ep-28), f32x2_mul(square, sum)); // 1 / 7
  sum = f32x2_add(vec2f(0x1.99999ap-3, -0x1.99999ap-29), f32x2_mul(square, sum)); // 1 / 5
  sum = f32x2_add(vec2f(0x1.555556p-2, -0x1.555556p-27), f32x2_mul(square, sum)); // 1 / 3
  let artanh = f32x2_add(s, f32x2_mul(s, f32x2_mul(square, sum)));
  let e = f32(exponent - select(0, 64, subnormal));
  let last_part = f32x2_two_product(e, 0x1.1cf79ap-36);
  let near = f32x2_add(vec2f(e * 0x1.7f7cp-20, 0.0), last_part);
  let result = f32x2_add(f32x2_add(vec2f(e * 0x1.62e4p-1, 0.0), near), artanh * 2.0);
  let given = bitcast<u32>(x.x);
  var special = select(given, 0x7fc00000u, given > 0x80000000u);
  special = select(special, 0xff800000u, (given << 1u) == 0u);
  return select(result, vec2f(bitcast<f32>(special), 0.0), special != given || given >= 0x7f800000u);
}

fn f32x2_equal(a: vec2f, b: vec2f) -> bool {
  return a.x == b.x && a.y == b.y && !f32x2_is_nan(a) && !f32x2_is_nan(b);
}

fn f32x2_less(a: vec2f, b: vec2f) -> bool {
  return (a.x < b.x || (a.x == b.x && a.y < b.y)) && !f32x2_is_nan(a) && !f32x2_is_nan(b);
}

fn f32x2_less_equal(a: vec2f, b: vec2f) -> bool {
  return (a.x < b.x || (a.x == b.x && a.y <= b.y)) && !f32x2_is_nan(a) && !f32x2_is_nan(b);
}
