// IEEE binary32, as WGSL computes it.
#use "precision/binary32.wgsl" T=f32

alias f32_stored = f32;

fn f32_decode(stored: f32, place: u32) -> f32 {
  return stored;
}

fn f32_encode(stored: f32, place: u32, value: f32) -> f32 {
  return value;
}
