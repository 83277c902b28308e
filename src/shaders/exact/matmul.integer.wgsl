// An integer as a number of binary64.
#use "precision/f64.arithmetic.wgsl"

/// words · 2^lowest, words being in two's complement, the lowest first: rounded to the nearest, ties to even; 0 is +0.
fn f64_of_integer(words: array<u32, 12>, lowest: i32) -> vec2u {
  // Size; the first three words that are not 0, and whether there are more.
  let negative = words[11] >> 31u;
  let flip = 0u - negative;
  var one = negative;
  var top = vec3u(0u);
  var below = vec3u(0u);
  var last = 0i;
  var more = 0u;
  var seen = 0u;
#for w in 0..12
  {
    let size = (words[${w}] ^ flip) + one;
    one &= u32(size == 0u);
    let found = size != 0u;
    top = select(top, vec3u(size, below.xy), found);
    more = select(more, seen, found);
    last = select(last, ${w}, found);
    seen |= below.y;
    below = vec3u(size, below.xy);
  }
#end
  let zeros = countLeadingZeros(top.x) & 31u;
  let significand = u64_shift_left(vec2u(top.y, top.x), zeros);
  let tail = u64_shift_left(vec2u(top.z, 0u), zeros);
  let joined = vec2u(significand.x | tail.y | u32(tail.x != 0u || more != 0u), significand.y);
  let exponent = 32 * last + 31 - i32(zeros) + lowest;
  return f64_round(select(negative << 31u, 0u, top.x == 0u), exponent + 1023, joined);
}
