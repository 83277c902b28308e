// ln(1 + x) for values of the type F, to three units in the last place near 0, too: ln of the rounded sum, and what rounding took away.
fn log1p(x: F, minus_infinity: F, nan: F) -> F {
  let total = opaque(F(1.0) + x);
  let lost = x - opaque(total - F(1.0));
  let rough = logarithm(total, minus_infinity, nan);
  // 0, infinities and NaN have nothing to be corrected.
  let number = bitcast<U>(total) - U(1u) < U(0x7f7fffffu);
  return select(rough, rough + lost / total, number);
}
