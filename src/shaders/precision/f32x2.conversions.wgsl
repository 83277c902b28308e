// binary64 from and to sums of two f32.
#use "precision/f64.conversions.wgsl"

/// Nearest, ties to even.
fn f32x2_nearest_f64(x: vec2f) -> vec2u {
  let high = f64_from_f32(x.x);
  let low = f64_from_f32(x.y);
  // Alone it keeps the sign of zero, and infinities.
  return select(f64_add(high, low), high, f64_is_zero(low));
}

/// To odd where 53 bits are not enough, so that a further rounding is right.
fn f32x2_to_f64(x: vec2f) -> vec2u {
  let high = f64_from_f32(x.x);
  let low = f64_from_f32(x.y);
  let nearest = f32x2_nearest_f64(x);
  // What is missing decides which neighbour rounding to odd takes; it is exact, as the error of any rounded sum.
  let missing = f64_subtract(low, f64_subtract(nearest, high));
  let exact = f64_is_zero(missing) || (nearest.y & f64_endless) == f64_endless || (nearest.x & 1u) == 1u;
  let outward = ((missing.y ^ nearest.y) & f64_sign) == 0u;
  let odd = select(u64_subtract(nearest, vec2u(1u, 0u)), vec2u(nearest.x | 1u, nearest.y), outward);
  return select(odd, nearest, exact);
}

fn f32x2_from_f64(x: vec2u) -> vec2f {
  let high = f64_to_f32(x);
  let rest = f64_to_f32(f64_subtract(x, f64_from_f32(high)));
  let bits = bitcast<u32>(high);
  return vec2f(high, select(rest, 0.0, (bits & 0x7f800000u) == 0x7f800000u));
}
