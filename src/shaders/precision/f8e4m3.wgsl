// OCP 8-bit float E4M3FN, four in a word, the first in its lowest byte: largest 448, no infinities. Larger numbers become the largest.
#use "precision/binary32.wgsl" T=f8e4m3 ROUNDS_AGAIN=1

alias f8e4m3_stored = u32;

fn f8e4m3_decode(stored: u32, place: u32) -> f32 {
  let code = stored >> (8u * place);
  let size = code & 0x7fu;
  let small = f32(size) * 0x1p-9;
  let number = select(bitcast<u32>(small), (size << 20u) + 0x3c000000u, size >= 8u);
  let result = select(number, 0x7fc00000u, size == 0x7fu);
  return bitcast<f32>(result | ((code & 0x80u) << 24u));
}

fn f8e4m3_encode(stored: u32, place: u32, value: f32) -> u32 {
  let shift = 8u * place;
  return (stored & ~(0xffu << shift)) | (f8e4m3_code(value) << shift);
}

/// The 8 bits of the number nearest to x, ties to even.
fn f8e4m3_code(x: f32) -> u32 {
  let bits = bitcast<u32>(x);
  let size = bits & 0x7fffffffu;
  // Normal: 20 bits are dropped, the exponent is less by 120.
  let normal = (size - 0x3c000000u + 0x7ffffu + ((size >> 20u) & 1u)) >> 20u;
  // Subnormal: multiples of 2^-9.
  let drop = clamp(141u - min(size >> 23u, 141u), 1u, 31u);
  let significand = (size & 0x7fffffu) | 0x800000u;
  let small = (significand + (1u << (drop - 1u)) - 1u + ((significand >> drop) & 1u)) >> drop;
  var code = select(normal, small, size < 0x3c800000u);
  code = select(code, 0x7eu, size >= 0x43e00000u);
  code = select(code, 0x7fu, size > 0x7f800000u);
  return code | ((bits >> 24u) & 0x80u);
}
