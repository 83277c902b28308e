// Random numbers of a format T of two words from Philox: two words of the stream for each number; see also random.wgsl. An invocation makes
// the two numbers of a block.
#needs T = f32x2
// The type of T, which wgsl_reflect does not see through an alias where it is an array's.
#needs WORDS = vec2f
#needs IS_F64 = 0
// How many upper bits of a word, and of the word after it, a number is made of.
#needs HIGH_BITS = 24
#needs LOW_BITS = 24
#needs LOW_MASK = 16777215
// An eighth of a turn.
#needs EIGHTH = 2097152
// Taylor's series, and two numbers, in the format T.
#needs TERMS = 2
#needs COSINE = vec2f(1.0, 0.0), vec2f(-0.5, 0.0)
#needs SINE = vec2f(1.0, 0.0), vec2f(-0.25, 0.0)
#needs MINUS_TWO = vec2f(-2.0, 0.0)
#needs TWO_PI = vec2f(6.25, 0.0)
#use "parts/grid.wgsl"
#use "parts/philox.wgsl"
#use "precision/${T}.wgsl"

struct Sizes {
  size: u32,
  stream: u32,
  substream: u32,
  zero: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> key: array<u32>;
@group(0) @binding(2) var<storage, read_write> numbers: array<${T}_stored>;

/// The number high 2^-HIGH_BITS + low 2^-(HIGH_BITS + LOW_BITS), exactly.
fn fraction(high: i32, low: u32) -> ${T}_value {
#if IS_F64
  let sum = f64_add(f64_mul(f64_from_i32(high), vec2u(0u, ${1023 + LOW_BITS}u << 20u)), f64_from_u32(low));
  return f64_mul(sum, vec2u(0u, ${1023 - HIGH_BITS - LOW_BITS}u << 20u));
#else
  return f32x2_two_sum(f32(high) * 0x1p-24, f32(low) * 0x1p-48);
#end
}

struct Pair {
  first: vec2u,
  second: vec2u,
}

/// The upper HIGH_BITS of a word and the upper LOW_BITS of the next, twice.
fn pair(index: u32) -> Pair {
  let words = philox4x32_10(vec4u(index, 0u, sizes.stream, sizes.substream), vec2u(key[0], key[1]));
  let shifts = vec2u(${32 - HIGH_BITS}u, ${32 - LOW_BITS}u);
  return Pair(words.xy >> shifts, words.zw >> shifts);
}

fn store(index: u32, first: ${T}_value, second: ${T}_value) {
  if (2u * index < sizes.size) { numbers[2u * index] = first; }
  if (2u * index + 1u < sizes.size) { numbers[2u * index + 1u] = second; }
}

@compute @workgroup_size(64)
fn uniform_numbers(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  ${T}_begin(sizes.zero);
  let index = element(group, groups, local);
  let bits = pair(index);
  store(index, fraction(i32(bits.first.x), bits.first.y), fraction(i32(bits.second.x), bits.second.y));
}

// Taylor's series up to pi/4.
const cosine_terms = array<${WORDS}, ${TERMS}>(${COSINE});
const sine_terms = array<${WORDS}, ${TERMS}>(${SINE});

@compute @workgroup_size(64)
fn normal_numbers(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  ${T}_begin(sizes.zero);
  let index = element(group, groups, local);
  let bits = pair(index);

  // The first number counts from the least to 1, so that it has a logarithm.
  let more = bits.first.y + 1u;
  let carry = more >> ${LOW_BITS}u;
  let radius_bits = fraction(i32(bits.first.x + carry), more & ${LOW_MASK}u);
  let radius = ${T}_square_root(${T}_mul(${MINUS_TWO}, ${T}_logarithm(radius_bits)));

  // The second is an angle in turns: a quarter of the circle, and what is left, at most an eighth.
  let quarter = (bits.second.x + ${EIGHTH}u) >> ${HIGH_BITS - 2}u;
  let turns = fraction(i32(bits.second.x) - i32(quarter << ${HIGH_BITS - 2}u), bits.second.y);
  let angle = ${T}_mul(${TWO_PI}, turns);
  let square = ${T}_mul(angle, angle);
  var cosine = cosine_terms[${TERMS - 1}];
  var sine = sine_terms[${TERMS - 1}];
#for k in 1..TERMS
  cosine = ${T}_add(cosine_terms[${TERMS - 1 - k}], ${T}_mul(square, cosine));
  sine = ${T}_add(sine_terms[${TERMS - 1 - k}], ${T}_mul(square, sine));
#end
  sine = ${T}_mul(angle, sine);
  let exchanged = (quarter & 1u) == 1u;
  let turned_cosine = select(cosine, ${T}_negate(sine), exchanged);
  let turned_sine = select(sine, cosine, exchanged);
  let opposite = (quarter & 2u) == 2u;
  store(
    index,
    ${T}_mul(radius, select(turned_cosine, ${T}_negate(turned_cosine), opposite)),
    ${T}_mul(radius, select(turned_sine, ${T}_negate(turned_sine), opposite)),
  );
}
