// OCP 8-bit float E5M2, four in a word, the first in its lowest byte: the upper half of an f16. Numbers beyond the largest, 57344, become
// the largest, so that infinities are read but never written.
#use "precision/binary32.wgsl" T=f8e5m2 ROUNDS_AGAIN=1

alias f8e5m2_stored = u32;

fn f8e5m2_decode(stored: u32, place: u32) -> f32 {
  let code = stored >> (8u * place);
  let size = code & 0x7fu;
  let small = f32(size) * 0x1p-16;
  let number = select(bitcast<u32>(small), (size << 21u) + 0x38000000u, size >= 4u);
  let result = select(select(number, 0x7f800000u, size == 0x7cu), 0x7fc00000u, size > 0x7cu);
  return bitcast<f32>(result | ((code & 0x80u) << 24u));
}

fn f8e5m2_encode(stored: u32, place: u32, value: f32) -> u32 {
  let shift = 8u * place;
  return (stored & ~(0xffu << shift)) | (f8e5m2_code(value) << shift);
}

/// The 8 bits of the number nearest to x, ties to even.
fn f8e5m2_code(x: f32) -> u32 {
  let bits = bitcast<u32>(x);
  let size = bits & 0x7fffffffu;
  // Normal: 21 bits are dropped, the exponent is less by 112.
  let normal = (size - 0x38000000u + 0xfffffu + ((size >> 21u) & 1u)) >> 21u;
  // Subnormal: multiples of 2^-16.
  let drop = clamp(134u - min(size >> 23u, 134u), 1u, 31u);
  let significand = (size & 0x7fffffu) | 0x800000u;
  let small = (significand + (1u << (drop - 1u)) - 1u + ((significand >> drop) & 1u)) >> drop;
  var code = select(normal, small, size < 0x38800000u);
  code = select(code, 0x7bu, size >= 0x47600000u);
  code = select(code, 0x7fu, size > 0x7f800000u);
  return code | ((bits >> 24u) & 0x80u);
}
