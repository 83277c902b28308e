// a^b for values of the type F, to four units in the last place: e^(b ln |a|), with ln |a| and its multiple in two parts each, and what
// IEEE 754 says of zeros, infinities, NaN and negative a.

fn upper_half(x: F) -> F {
  return bitcast<F>(bitcast<U>(x) & U(0xfffff000u));
}

// a b less its rounded product, from halves whose products are exact.
fn product_error(a: F, b: F, product: F) -> F {
  let a_high = upper_half(a);
  let b_high = upper_half(b);
  let a_low = a - a_high;
  let b_low = b - b_high;
  return ((opaque(a_high * b_high) - product) + a_high * b_low + a_low * b_high) + a_low * b_low;
}

fn power(a: F, b: F, infinity: F, nan: F) -> F {
  let size = abs(a);
  // |a| = m 2^e, m in [sqrt(1/2), sqrt 2); ln m = 2 artanh s, s = (m - 1) / (m + 1) = s + s_low.
  let subnormal = size < F(0x1p-126);
  let bits = bitcast<U>(select(size, size * F(0x1p24), subnormal));
  let mantissa = bitcast<F>((bits & U(0x7fffffu)) | U(0x3f800000u));
  let large = mantissa > F(1.4142135);
  let m = select(mantissa, mantissa * F(0.5), large);
  let bias = select(F(127.0), F(151.0), subnormal) - select(F(0.0), F(1.0), large);
  let e = F(bits >> U(23u)) - bias;
  let divisor = opaque(m + F(1.0));
  let divisor_low = m - opaque(divisor - F(1.0));
  let s = opaque((m - F(1.0)) / divisor);
  let back = opaque(s * divisor);
  let s_low = (((m - F(1.0)) - back) - product_error(s, divisor, back) - s * divisor_low) / divisor;
  let z = s * s;
  let series = z * (F(2.0 / 3.0) + z * (F(0.4) + z * (F(2.0 / 7.0) + z * (F(2.0 / 9.0) + z * F(2.0 / 11.0)))));
  // The first part of ln 2 has 16 bits, so that its multiple is exact.
  let multiple = e * F(0x1.62e4p-1);
  let most = opaque(multiple + F(2.0) * s);
  let others = (F(2.0) * s - opaque(most - multiple)) + (e * F(0x1.7f7d1cp-20) + (F(2.0) * s_low + s * series));
  let high = opaque(most + others);
  let low = others - opaque(high - most);
  // b ln |a| = product + rest.
  let unit = size == F(1.0);
  let product = select(opaque(b * high), F(0.0), unit);
  let rest = select(product_error(b, high, product) + b * low, F(0.0), unit | (abs(product) > F(200.0)));
  let limited = clamp(product, F(-105.0), F(90.0));
  let n = I(round(limited * F(1.4426950408889634)));
  let r = ((limited - F(n * I(355)) * F(0x1p-9)) + F(n) * F(0.00021219444005469057)) + rest;
  let tail = F(1.0 / 24.0) + r * (F(1.0 / 120.0) + r * (F(1.0 / 720.0) + r * F(1.0 / 5040.0)));
  let exponential = F(1.0) + (r + r * r * (F(0.5) + r * (F(1.0 / 6.0) + r * tail)));
  let half = n >> U(1u);
  var value = exponential * bitcast<F>((half + I(127)) << U(23u)) * bitcast<F>((n - half + I(127)) << U(23u));
  let endless = size == infinity;
  let zero = size == F(0.0);
  value = select(value, select(F(0.0), infinity, endless == (b > F(0.0))), endless | zero);
  // Small whole powers are products.
  let square = opaque(size * size);
  value = select(select(select(value, size, b == F(1.0)), square, b == F(2.0)), square * size, b == F(3.0));
  let whole = floor(b) == b;
  let odd = whole & (abs(b) < F(16777216.0)) & ((I(clamp(b, F(-16777216.0), F(16777216.0))) & I(1)) == I(1));
  let negative = (bitcast<U>(a) >> U(31u)) == U(1u);
  value = select(value, -value, negative & odd);
  let a_nan = (bitcast<U>(a) & U(0x7fffffffu)) > U(0x7f800000u);
  let b_nan = (bitcast<U>(b) & U(0x7fffffffu)) > U(0x7f800000u);
  value = select(value, nan, (negative & !whole & !endless & !zero) | a_nan | b_nan);
  return select(value, F(1.0), ((b == F(0.0)) & !b_nan) | ((a == F(1.0)) & !a_nan));
}
