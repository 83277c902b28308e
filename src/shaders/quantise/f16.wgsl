// Four numbers of f16, two in a word, as f32; and the codes of those nearest to four f32. By integers, which took less
// time than an adapter's own f16 wherever both were measured.
#use "precision/f16.wgsl"

fn four_of_f16(code: vec2u) -> vec4f {
  return vec4f(unpack2x16float(code.x), unpack2x16float(code.y));
}

fn f16_of_four(value: vec4f) -> vec2u {
  let code = vec4u(f16_code(value.x), f16_code(value.y), f16_code(value.z), f16_code(value.w));
  return vec2u(code.x | (code.y << 16u), code.z | (code.w << 16u));
}
