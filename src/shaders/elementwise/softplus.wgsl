// ln(1 + e^x) for values of the type F, without overflow.
fn softplus(x: F, minus_infinity: F, nan: F) -> F {
  // NaN stays in the first term.
  return select(x, F(0.0), x < F(0.0)) + log1p(exponential(-abs(x)), minus_infinity, nan);
}
