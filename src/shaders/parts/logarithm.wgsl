// Natural logarithm of values of the type F (U their bits), to two units in the last place everywhere: WGSL's own may be off by
// 2^-21 near 1, and drivers disagree about 0, negative numbers and NaN. WGSL has no literals for infinity and NaN.
fn logarithm(x: F, minus_infinity: F, nan: F) -> F {
  // x = m 2^e, m in [sqrt(1/2), sqrt(2)); subnormal numbers are scaled into the range of normal ones first.
  let subnormal = x < F(0x1p-126);
  let bits = bitcast<U>(select(x, x * F(0x1p24), subnormal));
  let mantissa = bitcast<F>((bits & U(0x7fffffu)) | U(0x3f800000u));
  let large = mantissa > F(1.4142135);
  let m = select(mantissa, mantissa * F(0.5), large);
  let bias = select(F(127.0), F(151.0), subnormal) - select(F(0.0), F(1.0), large);
  let e = F(bits >> U(23u)) - bias;
  // ln m = 2 artanh s, to the eleventh order; s <= 0.1716.
  let s = (m - F(1.0)) / (m + F(1.0));
  let z = s * s;
  let series = z * (F(1.0 / 3.0) + z * (F(0.2) + z * (F(1.0 / 7.0) + z * (F(1.0 / 9.0) + z * F(1.0 / 11.0)))));
  let finite = e * F(0.6931471805599453) + (F(2.0) * s + F(2.0) * s * series);
  let endless = (bitcast<U>(x) & U(0x7fffffffu)) >= U(0x7f800000u);
  return select(select(select(finite, x, endless), minus_infinity, x == F(0.0)), nan, x < F(0.0));
}
