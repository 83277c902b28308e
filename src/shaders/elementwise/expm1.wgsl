// e^x - 1 for values of the type F, to two units in the last place near 0, too.
fn expm1(x: F) -> F {
  let limited = clamp(x, F(-30.0), F(90.0));
  let n = I(round(limited * F(1.4426950408889634)));
  // x - n ln 2 as in parts/exponential.wgsl; it is x itself where n = 0.
  let r = (limited - F(n * I(355)) * F(0x1p-9)) + F(n) * F(0.00021219444005469057);
  let tail = F(1.0 / 24.0) + r * (F(1.0 / 120.0) + r * (F(1.0 / 720.0) + r * F(1.0 / 5040.0)));
  let part = r + r * r * (F(0.5) + r * (F(1.0 / 6.0) + r * tail));
  // 2^n (e^r - 1) + (2^n - 1); from 2^24 on the second 1 does not matter, and 2^n comes in two factors.
  let power = bitcast<F>((min(n, I(24)) + I(127)) << U(23u));
  let small = opaque(part * power) + opaque(power - F(1.0));
  let half = n >> U(1u);
  let large = (F(1.0) + part) * bitcast<F>((half + I(127)) << U(23u)) * bitcast<F>((n - half + I(127)) << U(23u));
  let value = select(small, large, n > I(24));
  return select(value, x, (bitcast<U>(x) & U(0x7fffffffu)) > U(0x7f800000u));
}
