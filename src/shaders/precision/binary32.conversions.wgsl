// binary64 to and from T, which is computed in f32.
#needs T = f32
#needs ROUNDS_AGAIN = 0
#use "precision/f64.conversions.wgsl"

fn ${T}_to_f64(x: f32) -> vec2u {
  return f64_from_f32(x);
}

/// Rounded to odd where encoding rounds again.
fn ${T}_from_f64(x: vec2u) -> f32 {
#if ROUNDS_AGAIN
  return f64_to_f32_odd(x);
#else
  return f64_to_f32(x);
#end
}
