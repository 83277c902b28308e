// The error function for values of the type F, to three units in the last place: as in W. J. Cody, Rational Chebyshev approximations for
// the error function (Mathematics of Computation 23, 1969), erf x / x near 0 and e^(x^2) (1 - erf x) beyond. The polynomials interpolate
// at Chebyshev's points and err by less than 2^-29 (test/fixtures/ops/erf.py).
fn error_function(x: F) -> F {
  // At 4 it is 1.
  let size = min(abs(x), F(4.0));
  let s = size * size;
  let first = F(0.005189087423433974) + s * (F(-0.0008016864287165870) + s * F(0.00007875875062685488));
  let second = F(-0.3761262666672033) + s * (F(0.1128359471516022) + s * (F(-0.02685421201062641) + s * first));
  let near = size * (F(1.128379165848351) + s * second);
  let t = (size - F(2.5)) / (size + F(2.5));
  let third = F(0.03996438660515563) + t * (F(-0.003986350313803166) + t * F(-0.003115849809033261));
  let fourth = F(-0.3717367847149471) + t * (F(0.2517122165060774) + t * (F(-0.1250301812662936) + t * third));
  let far = F(1.0) - exponential(-s) * (F(0.2108063678014433) + t * fourth);
  let value = bitcast<U>(select(far, near, size < F(1.0))) | (bitcast<U>(x) & U(0x80000000u));
  return select(bitcast<F>(value), x, (bitcast<U>(x) & U(0x7fffffffu)) > U(0x7f800000u));
}
