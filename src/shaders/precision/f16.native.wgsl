// IEEE binary16 as an adapter with shader-f16 stores it: the same bytes as two in a word.
enable f16;
#use "precision/binary32.wgsl" T=f16 ROUNDS_AGAIN=1

alias f16_stored = f16;

fn f16_decode(stored: f16, place: u32) -> f32 {
  return f32(stored);
}

fn f16_encode(stored: f16, place: u32, value: f32) -> f16 {
  var nan = 0x7e00u;
  return select(f16(value), bitcast<vec2<f16>>(nan).x, f16_is_nan(value));
}
