// The exact sum of products by an accumulator as long as all of binary64's products (Kulisch), for numbers that span more bits than the
// moduli hold: slow, and only run then.
#use "precision/f64.arithmetic.wgsl"
#use "exact/matmul.gather.wgsl"
#use "exact/matmul.special.wgsl"
#use "exact/matmul.target.wgsl"

struct Sizes {
  aView: array<vec4u, 4>,
  bView: array<vec4u, 4>,
  targetLengths: vec2u,
  targetSteps: vec4u,
  targetBase: u32,
  depth: u32,
  rows: u32,
  columns: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> plan: array<u32>;
@group(0) @binding(4) var<storage, read> a: array<vec2u>;
@group(0) @binding(5) var<storage, read> b: array<vec2u>;
@group(0) @binding(6) var<storage, read_write> y: array<vec2u>;

#const LENGTH = 134

/// Two's complement: 2 · 2045 places for the exponents, 106 for a product, 32 for carries, a sign.
var<private> words: array<u32, ${LENGTH}>;

/// Adds five words, or takes them away, from a word on.
fn accumulate(product: vec4u, fifth: u32, start: u32, negative: bool) {
  var at = start;
  var carry = u32(negative);
  let flip = select(0u, 0xffffffffu, negative);
  // Past the five words only the carry goes on, until it ends; a negative number has ones there.
  for (; at < ${LENGTH}u; at++) {
    var part = 0u;
    if (at < start + 4u) { part = product[at - start]; }
    if (at == start + 4u) { part = fifth; }
    let first = words[at] + (part ^ flip);
    let second = first + carry;
    words[at] = second;
    carry = u32(first < (part ^ flip)) + u32(second < first);
    if (at > start + 4u && carry == u32(negative)) { break; }
  }
}

/// The element i of the matrix of results.
fn sum_one(i: u32) {
  let row = i / sizes.columns;
  let column = i % sizes.columns;
  let target_at = target_of(row, column);
  if (plan[4] != 0u) {
    let special = special_sum(row, column);
    if (special.y != 0u) {
      y[target_at] = special;
      return;
    }
  }
  for (var w = 0u; w < ${LENGTH}u; w++) { words[w] = 0u; }
  for (var k = 0u; k < sizes.depth; k++) {
    let a_at = gathered(sizes.aView, k, row);
    let b_at = gathered(sizes.bView, k, column);
    if (a_at < 0 || b_at < 0) { continue; }
    let first = a[u32(a_at)];
    let second = b[u32(b_at)];
    let first_field = (first.y >> 20u) & 0x7ffu;
    let second_field = (second.y >> 20u) & 0x7ffu;
    let x = vec2u(first.x, (first.y & 0xfffffu) | select(0u, 0x100000u, first_field != 0u));
    let z = vec2u(second.x, (second.y & 0xfffffu) | select(0u, 0x100000u, second_field != 0u));
    let product = u64_product(x, z);
    if (all(product == vec4u(0u))) { continue; }
    let shift = max(first_field, 1u) + max(second_field, 1u) - 2u;
    let by = shift & 31u;
    let low = u64_shift_left(product.xy, by);
    let high = u64_shift_left(product.zw, by);
    let between = (product.y >> 1u) >> (31u - by);
    accumulate(vec4u(low, high.x | between, high.y), (product.w >> 1u) >> (31u - by), shift >> 5u, ((first.y ^ second.y) & f64_sign) != 0u);
  }
  let negative = (words[${LENGTH - 1}] >> 31u) == 1u;
  let flip = select(0u, 0xffffffffu, negative);
  var carry = u32(negative);
  var last = 0u;
  for (var w = 0u; w < ${LENGTH}u; w++) {
    let word = (words[w] ^ flip) + carry;
    carry = u32(carry == 1u && word == 0u);
    words[w] = word;
    if (word != 0u) { last = w; }
  }
  var more = 0u;
  for (var w = 0u; w + 2u < last; w++) { more |= words[w]; }
  let zeros = countLeadingZeros(words[last]);
  let one = select(0u, words[max(last, 1u) - 1u], last >= 1u);
  let two = select(0u, words[max(last, 2u) - 2u], last >= 2u);
  let top = u64_shift_left(vec2u(one, words[last]), zeros & 31u);
  let tail = u64_shift_left(vec2u(two, 0u), zeros & 31u);
  let significand = vec2u(top.x | tail.y | u32(tail.x != 0u || more != 0u), top.y);
  // The lowest bit of the accumulator is 2^-2148.
  let exponent = 32 * i32(last) + 31 - i32(zeros) - 2148;
  y[target_at] = f64_round(select(0u, f64_sign, negative), exponent + 1023, significand);
}

@compute @workgroup_size(64)
fn sum_long(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  if (plan[3] == 0u) { return; }
  for (var i = group.x * 64u + lane; i < sizes.rows * sizes.columns; i += groups.x * 64u) { sum_one(i); }
}
