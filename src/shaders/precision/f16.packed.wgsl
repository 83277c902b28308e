// IEEE binary16, two in a word, the first in its lower half. Integers do the rounding: pack2x16float is wrong on some devices.
#use "precision/binary32.wgsl" T=f16 ROUNDS_AGAIN=1

alias f16_stored = u32;

fn f16_decode(stored: u32, place: u32) -> f32 {
  return unpack2x16float(stored >> (16u * place)).x;
}

fn f16_encode(stored: u32, place: u32, value: f32) -> u32 {
  let shift = 16u * place;
  return (stored & ~(0xffffu << shift)) | (f16_code(value) << shift);
}

/// The 16 bits of the number nearest to x, ties to even.
fn f16_code(x: f32) -> u32 {
  let bits = bitcast<u32>(x);
  let size = bits & 0x7fffffffu;
  // Normal: 13 bits are dropped, the exponent is less by 112.
  let normal = (size - 0x38000000u + 0xfffu + ((size >> 13u) & 1u)) >> 13u;
  // Subnormal: multiples of 2^-24.
  let drop = clamp(126u - min(size >> 23u, 126u), 1u, 31u);
  let significand = (size & 0x7fffffu) | 0x800000u;
  let small = (significand + (1u << (drop - 1u)) - 1u + ((significand >> drop) & 1u)) >> drop;
  var code = select(normal, small, size < 0x38800000u);
  code = select(code, 0x7c00u, size >= 0x477ff000u);
  code = select(code, 0x7e00u, size > 0x7f800000u);
  return code | ((bits >> 16u) & 0x8000u);
}
