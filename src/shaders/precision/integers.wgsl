// Integers and bool as formats to convert from and to.
#use "precision/f64.conversions.wgsl"

alias i32_stored = i32;
alias u32_stored = u32;
alias bool_stored = u32;

fn i32_decode(stored: i32, place: u32) -> i32 {
  return stored;
}

fn i32_encode(stored: i32, place: u32, value: i32) -> i32 {
  return value;
}

fn i32_to_f64(x: i32) -> vec2u {
  return f64_from_i32(x);
}

fn i32_from_f64(x: vec2u) -> i32 {
  return f64_to_i32(x);
}

fn u32_decode(stored: u32, place: u32) -> u32 {
  return stored;
}

fn u32_encode(stored: u32, place: u32, value: u32) -> u32 {
  return value;
}

fn u32_to_f64(x: u32) -> vec2u {
  return f64_from_u32(x);
}

fn u32_from_f64(x: vec2u) -> u32 {
  return f64_to_u32(x);
}

fn bool_decode(stored: u32, place: u32) -> u32 {
  return stored;
}

fn bool_encode(stored: u32, place: u32, value: u32) -> u32 {
  return value;
}

fn bool_to_f64(x: u32) -> vec2u {
  return f64_from_u32(x);
}

fn bool_from_f64(x: vec2u) -> u32 {
  return u32(!f64_is_zero(x));
}
