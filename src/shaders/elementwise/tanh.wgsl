// Hyperbolic tangent for values of the type F, to three units in the last place. WGSL's own overflows to NaN on some drivers.
fn hyperbolic_tangent(x: F) -> F {
  // e / (e + 2), e = e^(2|x|) - 1; at 10 it is 1.
  let e = expm1(F(2.0) * min(abs(x), F(10.0)));
  let size = bitcast<U>(e / (e + F(2.0)));
  let sign = bitcast<U>(x) & U(0x80000000u);
  return select(bitcast<F>(size | sign), x, (bitcast<U>(x) & U(0x7fffffffu)) > U(0x7f800000u));
}
