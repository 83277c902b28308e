// Special functions in the format T of two words, by the functions of its module, to a few units in the last place.
#needs T = f64
#const F64 = 1
#if F64
const f64_one = vec2u(0u, 0x3ff00000u);
const f64_half = vec2u(0u, 0x3fe00000u);
const f64_two = vec2u(0u, 0x40000000u);
const f64_far = vec2u(0u, 0x40180000u); // 6
const f64_farthest = vec2u(0u, 0x40360000u); // 22
const f64_center = vec2u(0u, 0x40040000u); // 2.5
#else
const f32x2_one = vec2f(1.0, 0.0);
const f32x2_half = vec2f(0.5, 0.0);
const f32x2_two = vec2f(2.0, 0.0);
const f32x2_far = vec2f(6.0, 0.0);
const f32x2_farthest = vec2f(22.0, 0.0);
const f32x2_center = vec2f(2.5, 0.0);
#end

fn ${T}_sigmoid(x: ${T}_value) -> ${T}_value {
  return ${T}_divide(${T}_one, ${T}_add(${T}_one, ${T}_exponential(${T}_negate(x))));
}

/// e^x - 1: by its series near 0.
fn ${T}_expm1(x: ${T}_value) -> ${T}_value {
  if (!${T}_less(${T}_absolute(x), ${T}_half)) { return ${T}_subtract(${T}_exponential(x), ${T}_one); }
  var series = ${T}_expm1_series;
  var sum = series[0];
  for (var i = 1u; i < 15u; i++) { sum = ${T}_add(series[i], ${T}_mul(x, sum)); }
  return ${T}_mul(x, sum);
}

/// ln(1 + x): of the rounded sum, and what rounding took away. 0, infinities and NaN have nothing to be corrected.
fn ${T}_log1p(x: ${T}_value) -> ${T}_value {
  let total = ${T}_add(${T}_one, x);
  let lost = ${T}_subtract(x, ${T}_subtract(total, ${T}_one));
  let rough = ${T}_logarithm(total);
  let number = ${T}_less(${T}_value(), total) && !${T}_is_nan(lost);
  return select(rough, ${T}_add(rough, ${T}_divide(lost, total)), number);
}

/// e / (e + 2), e = e^(2|x|) - 1; at 22 it is 1.
fn ${T}_hyperbolic_tangent(x: ${T}_value) -> ${T}_value {
  let size = ${T}_absolute(x);
  let limited = select(size, ${T}_farthest, ${T}_less(${T}_farthest, size));
  let e = ${T}_expm1(${T}_add(limited, limited));
  let value = ${T}_divide(e, ${T}_add(e, ${T}_two));
  return select(value, ${T}_negate(value), ${T}_less(x, ${T}_value()));
}

/// ln(1 + e^x) without overflow.
fn ${T}_softplus(x: ${T}_value) -> ${T}_value {
  let positive = select(x, ${T}_value(), ${T}_less(x, ${T}_value()));
  return ${T}_add(positive, ${T}_log1p(${T}_exponential(${T}_negate(${T}_absolute(x)))));
}

/// As in erf.wgsl, with polynomials that err by less than 2^-56.
fn ${T}_error_function(x: ${T}_value) -> ${T}_value {
  let size = ${T}_absolute(x);
  var value = ${T}_one;
  if (${T}_less(size, ${T}_one)) {
    let square = ${T}_mul(x, x);
    var near = ${T}_erf_near;
    var sum = near[0];
    for (var i = 1u; i < 12u; i++) { sum = ${T}_add(near[i], ${T}_mul(square, sum)); }
    value = ${T}_mul(size, sum);
  } else if (${T}_less(size, ${T}_far)) {
    let t = ${T}_divide(${T}_subtract(size, ${T}_center), ${T}_add(size, ${T}_center));
    var far = ${T}_erf_far;
    var sum = far[0];
    for (var i = 1u; i < 16u; i++) { sum = ${T}_add(far[i], ${T}_mul(t, sum)); }
    value = ${T}_subtract(${T}_one, ${T}_mul(${T}_exponential(${T}_negate(${T}_mul(size, size))), sum));
  }
  let signed = select(value, ${T}_negate(value), ${T}_less(x, ${T}_value()));
  return select(signed, x, ${T}_is_nan(x));
}
