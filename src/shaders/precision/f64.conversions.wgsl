// binary64 from and to the other formats. A narrower format is reached with one rounding: either by rounding here, or by rounding
// to odd (the last bit is set if anything was lost), after which another rounding to fewer bits is right.
#use "precision/f64.arithmetic.wgsl"

fn f64_to_f64(x: vec2u) -> vec2u {
  return x;
}

fn f64_from_f64(x: vec2u) -> vec2u {
  return x;
}

fn f64_from_f32(x: f32) -> vec2u {
  let bits = bitcast<u32>(x);
  let sign = bits & 0x80000000u;
  let size = bits & 0x7fffffffu;
  let shift = countLeadingZeros(size) - 8u;
  let small = size < 0x800000u;
  let scaled = select(size, size << (shift & 31u), small);
  let field = select(i32(size >> 23u), 1 - i32(shift), small) + 896;
  let number = vec2u(scaled << 29u, sign | (u32(field) << 20u) | ((scaled & 0x7fffffu) >> 3u));
  let endless = vec2u(0u, sign | f64_endless);
  let limited = select(select(number, endless, size >= 0x7f800000u), vec2u(0u, sign), size == 0u);
  return select(limited, f64_nan, size > 0x7f800000u);
}

/// The bits of the f32 nearest to x, ties to even, or rounded to odd.
fn f64_f32_bits(x: vec2u, odd: bool) -> u32 {
  let sign = x.y & f64_sign;
  let exponent = i32((x.y >> 20u) & 0x7ffu) - 896;
  // 30 bits, the lowest of which stands for all below.
  let significand = (((x.y & 0xfffffu) | 0x100000u) << 9u) | (x.x >> 23u) | u32((x.x << 9u) != 0u);
  let below = u32(clamp(1 - exponent, 0, 31));
  let kept = (significand >> below) | u32(((significand >> below) << below) != significand);
  let nearest = (kept + 0x1fu + ((kept >> 6u) & 1u)) >> 6u;
  let to_odd = (kept >> 6u) | u32((kept & 0x3fu) != 0u);
  let number = select(nearest, to_odd, odd) + (u32(clamp(exponent, 1, 255) - 1) << 23u);
  let most = select(0x7f800000u, 0x7f7fffffu, odd);
  let finite = select(number, most, number > most || exponent > 254);
  // Subnormal numbers of binary64 are far below: only whether there is something matters.
  let tiny = select(0u, u32(odd), !f64_is_zero(x));
  let sized = select(finite, tiny, (x.y & f64_endless) == 0u);
  let endless = (x.y & f64_endless) == f64_endless;
  return select(select(sized, 0x7f800000u, endless), 0x7fc00000u, f64_is_nan(x)) | sign;
}

fn f64_to_f32(x: vec2u) -> f32 {
  return bitcast<f32>(f64_f32_bits(x, false));
}

fn f64_to_f32_odd(x: vec2u) -> f32 {
  return bitcast<f32>(f64_f32_bits(x, true));
}

fn f64_from_u32(x: u32) -> vec2u {
  let shift = countLeadingZeros(x);
  let significand = x << (shift & 31u);
  let high = ((1054u - shift) << 20u) | ((significand >> 11u) & 0xfffffu);
  return select(vec2u(significand << 21u, high), vec2u(0u), x == 0u);
}

fn f64_from_i32(x: i32) -> vec2u {
  let size = f64_from_u32(select(u32(x), 0u - u32(x), x < 0));
  return vec2u(size.x, size.y | select(0u, f64_sign, x < 0));
}

/// The whole part of |x|, at most 2^32 - 1; 0 for NaN.
fn f64_whole_part(x: vec2u) -> u32 {
  let exponent = i32((x.y >> 20u) & 0x7ffu) - 1023;
  let significand = (((x.y & 0xfffffu) | 0x100000u) << 11u) | (x.x >> 21u);
  let inside = significand >> u32(clamp(31 - exponent, 0, 31));
  return select(select(inside, 0u, exponent < 0 || f64_is_nan(x)), 0xffffffffu, exponent > 31 && !f64_is_nan(x));
}

/// Towards zero, to the nearest that exists; 0 for NaN.
fn f64_to_u32(x: vec2u) -> u32 {
  return select(f64_whole_part(x), 0u, (x.y & f64_sign) != 0u);
}

/// Towards zero, to the nearest that exists; 0 for NaN.
fn f64_to_i32(x: vec2u) -> i32 {
  let size = f64_whole_part(x);
  let negative = (x.y & f64_sign) != 0u;
  return select(i32(min(size, 0x7fffffffu)), i32(0u - min(size, 0x80000000u)), negative);
}
