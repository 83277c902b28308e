// Philox4x32-10 (Salmon, Moraes, Dror, Shaw, SC11): four random u32 from a counter of four u32 and a key of two.
// The twin of src/base/philox.ts, where the layout of counter and key and the mapping to floats are written down.

// High 32 bits of the 64-bit product, by 16-bit halves, none of whose sums exceeds 32 bits: WGSL has no 64-bit integer.
fn philox_multiply_high(a: u32, b: u32) -> u32 {
  let a_low = a & 0xffffu;
  let a_high = a >> 16u;
  let b_low = b & 0xffffu;
  let b_high = b >> 16u;
  let middle = a_high * b_low + ((a_low * b_low) >> 16u);
  let carry = a_low * b_high + (middle & 0xffffu);
  return a_high * b_high + (middle >> 16u) + (carry >> 16u);
}

fn philox4x32_10(counter: vec4u, key: vec2u) -> vec4u {
  var x = counter;
  var k = key;
  for (var round = 0u; round < 10u; round++) {
    let high_0 = philox_multiply_high(0xd2511f53u, x.x);
    let high_1 = philox_multiply_high(0xcd9e8d57u, x.z);
    x = vec4u(high_1 ^ x.y ^ k.x, 0xcd9e8d57u * x.z, high_0 ^ x.w ^ k.y, 0xd2511f53u * x.x);
    k += vec2u(0x9e3779b9u, 0xbb67ae85u);
  }
  return x;
}
