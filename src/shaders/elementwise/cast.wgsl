// Conversions between formats of one word, for values of the types F, I and U: what `convert` makes of them, on every adapter.
// WGSL's own end at the largest f32 below 2^31 and may make anything of NaN, and SwiftShader rounds large u32 twice.

// Towards zero, to the nearest that exists; 0 for NaN.
fn i32_of_f32(x: F) -> I {
  let bits = bitcast<U>(x);
  let size = bits & U(0x7fffffffu);
  let inside = I(select(F(0.0), x, size < U(0x4f000000u)));
  let border = bitcast<I>(U(0x7fffffffu) + (bits >> U(31u)));
  return select(select(inside, border, size >= U(0x4f000000u)), I(0), size > U(0x7f800000u));
}

// The same; numbers below zero become 0.
fn u32_of_f32(x: F) -> U {
  let bits = bitcast<U>(x);
  let inside = U(select(F(0.0), x, bits < U(0x4f800000u)));
  return select(inside, U(0xffffffffu), (bits >= U(0x4f800000u)) & (bits <= U(0x7f800000u)));
}

fn i32_of_u32(x: U) -> I {
  return bitcast<I>(min(x, U(0x7fffffffu)));
}

fn u32_of_i32(x: I) -> U {
  return bitcast<U>(max(x, I(0)));
}

// To the nearest, ties to even: both halves are exact, and their sum is rounded once.
fn f32_of_u32(x: U) -> F {
  return F(I(x >> U(16u))) * F(65536.0) + F(I(x & U(0xffffu)));
}

// Whether x is not 0, as 1 or 0; by its bits, because a driver may take a subnormal number for 0.
fn bool_of_f32(x: F) -> U {
  return min(bitcast<U>(x) & U(0x7fffffffu), U(1u));
}
