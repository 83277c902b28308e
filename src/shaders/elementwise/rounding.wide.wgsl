// Rounding to whole numbers in the format T of two words.
#needs T = f64
#const F64 = 1
#if F64
fn f64_floor(x: vec2u) -> vec2u {
  let field = (x.y >> 20u) & 0x7ffu;
  let negative = (x.y & f64_sign) != 0u;
  // Bits after the point.
  let places = u32(clamp(1075 - i32(field), 0, 52));
  let kept = u64_shift_left(u64_shift_right(x, places), places);
  let lost = any(kept != x);
  // One more in size, whose carry goes to the exponent.
  let next = u64_add(kept, u64_shift_left(vec2u(1u, 0u), places));
  let rounded = select(kept, next, negative && lost);
  let fraction = select(vec2u(0u, x.y & f64_sign), vec2u(0u, 0xbff00000u), negative && !f64_is_zero(x));
  return select(rounded, fraction, field < 1023u);
}

const f64_whole_half = vec2u(0u, 0x3fe00000u);
const f64_whole_one = vec2u(0u, 0x3ff00000u);
#else
fn f32x2_floor(x: vec2f) -> vec2f {
  let high = floor(x.x);
  let both = f32x2_quick_two_sum(high, floor(x.y));
  return select(vec2f(high, 0.0), both, high == x.x && f32x2_is_finite(x.x));
}

const f32x2_whole_half = vec2f(0.5, 0.0);
const f32x2_whole_one = vec2f(1.0, 0.0);
#end

fn ${T}_ceil(x: ${T}_value) -> ${T}_value {
  return ${T}_negate(${T}_floor(${T}_negate(x)));
}

/// To the nearest, ties to even.
fn ${T}_nearest(x: ${T}_value) -> ${T}_value {
  let below = ${T}_floor(x);
  let part = ${T}_subtract(x, below);
  let half = ${T}_mul(below, ${T}_whole_half);
  let odd = !${T}_equal(${T}_floor(half), half);
  let up = ${T}_less(${T}_whole_half, part) || (${T}_equal(part, ${T}_whole_half) && odd);
  return select(below, ${T}_add(below, ${T}_whole_one), up);
}
