// Arithmetic of the formats that are computed in f32: T is one of f8e4m3, f8e5m2, f16, f32. A result is rounded to the format when
// it is encoded; for sums, products, quotients and roots of formats of at most 11 bits the rounding to f32 before does not matter.
#needs T = f32
#const CONVERSIONS = 0
// 1: encoding a number rounds it once more.
#const ROUNDS_AGAIN = 0
#use "parts/scalars.wgsl"
#use "parts/exponential.wgsl"
#use "parts/logarithm.wgsl"
#if CONVERSIONS
#use "precision/binary32.conversions.wgsl" T=${T} ROUNDS_AGAIN=${ROUNDS_AGAIN}
#end

alias ${T}_value = f32;
alias ${T}_accumulator = f32;

fn ${T}_begin(zero: u32) {}

fn ${T}_add(a: f32, b: f32) -> f32 {
  return a + b;
}

fn ${T}_subtract(a: f32, b: f32) -> f32 {
  return a - b;
}

fn ${T}_mul(a: f32, b: f32) -> f32 {
  return a * b;
}

fn ${T}_divide(a: f32, b: f32) -> f32 {
  return a / b;
}

fn ${T}_mac(accumulator: f32, a: f32, b: f32) -> f32 {
  return accumulator + a * b;
}

fn ${T}_negate(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) ^ 0x80000000u);
}

fn ${T}_absolute(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) & 0x7fffffffu);
}

fn ${T}_is_nan(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
}

fn ${T}_square_root(x: f32) -> f32 {
  let negative = bitcast<u32>(x) > 0x80000000u;
  return bitcast<f32>(select(bitcast<u32>(sqrt(x)), 0x7fc00000u, negative || ${T}_is_nan(x)));
}

fn ${T}_exponential(x: f32) -> f32 {
  return exponential(x);
}

fn ${T}_logarithm(x: f32) -> f32 {
  var minus_infinity = 0xff800000u;
  var nan = 0x7fc00000u;
  return logarithm(x, bitcast<f32>(minus_infinity), bitcast<f32>(nan));
}

fn ${T}_equal(a: f32, b: f32) -> bool {
  return a == b && !${T}_is_nan(a) && !${T}_is_nan(b);
}

fn ${T}_less(a: f32, b: f32) -> bool {
  return a < b && !${T}_is_nan(a) && !${T}_is_nan(b);
}

fn ${T}_less_equal(a: f32, b: f32) -> bool {
  return a <= b && !${T}_is_nan(a) && !${T}_is_nan(b);
}
