// e to the power x for values of the type F (I and U integers and bits of as many), to two units in the last place: WGSL promises
// only 3 + 2|x|, and drivers disagree about NaN.
fn exponential(x: F) -> F {
  // Beyond these limits results are infinite, or smaller than the smallest number.
  let limited = clamp(x, F(-105.0), F(90.0));
  let n = I(round(limited * F(1.4426950408889634)));
  // x - n ln 2, with ln 2 = 355/512 - 0.000212...: the first product and its difference are exact. It is written with integers
  // lest a compiler adds the two factors of n before it multiplies.
  let r = (limited - F(n * I(355)) * F(0x1p-9)) + F(n) * F(0.00021219444005469057);
  // The series up to the seventh power; |r| <= 0.347.
  let tail = F(1.0 / 24.0) + r * (F(1.0 / 120.0) + r * (F(1.0 / 720.0) + r * F(1.0 / 5040.0)));
  let power = F(1.0) + (r + r * r * (F(0.5) + r * (F(1.0 / 6.0) + r * tail)));
  // 2^n in two factors, because its exponent alone may exceed those of f32.
  let half = n >> U(1u);
  let scaled = power * bitcast<F>((half + I(127)) << U(23u)) * bitcast<F>((n - half + I(127)) << U(23u));
  return select(scaled, x, (bitcast<U>(x) & U(0x7fffffffu)) > U(0x7f800000u));
}
