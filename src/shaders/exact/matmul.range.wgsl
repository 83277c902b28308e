// How many bits the numbers of two tensors span, and with that how many moduli their product needs.
#needs MODULI = 4
#needs PARTS = 1024
#needs CAPACITY = 45, 58, 71, 84

struct Sizes {
  size: u32,
  depthBits: u32,       // 2^depthBits terms or fewer in a sum
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<vec2u>;
@group(0) @binding(2) var<storage, read_write> ranges: array<vec4u>;

/// Each invocation: 1 + the highest exponent, 8192 - the lowest, of set bits (2^-1074 is 1), whether there are infinities or NaN.
@compute @workgroup_size(64)
fn measure(@builtin(global_invocation_id) id: vec3u) {
  var top = 0u;
  var low = 0u;
  var special = 0u;
  for (var i = id.x; i < sizes.size; i += ${PARTS}u) {
    let bits = x[i];
    let field = (bits.y >> 20u) & 0x7ffu;
    let high = (bits.y & 0xfffffu) | select(0x100000u, 0u, field == 0u);
    let endless = field == 0x7ffu;
    let exponent = max(field, 1u);
    let length = select(32u - countLeadingZeros(bits.x), 64u - countLeadingZeros(high), high != 0u);
    let zeros = select(countTrailingZeros(bits.x), 32u + countTrailingZeros(high), bits.x == 0u);
    special |= u32(endless);
    if (!endless && (bits.x | high) != 0u) {
      top = max(top, exponent + length);
      low = max(low, 8192u - exponent - zeros);
    }
  }
  ranges[id.x] = vec4u(top, low, special, 0u);
}

@group(0) @binding(3) var<storage, read> a_ranges: array<vec4u>;
@group(0) @binding(4) var<storage, read> b_ranges: array<vec4u>;
@group(0) @binding(5) var<storage, read_write> plan: array<u32>;

/// Whole bits that so many moduli (less one) hold.
const capacity = array<u32, ${MODULI}>(${CAPACITY});

/// plan: lowest exponents of a and b, number of moduli, whether they are too few, whether there are infinities or NaN.
@compute @workgroup_size(1)
fn choose() {
  var a = vec4u(0u);
  var b = vec4u(0u);
  for (var i = 0u; i < ${PARTS}u; i++) {
    a = max(a, a_ranges[i]);
    b = max(b, b_ranges[i]);
  }
  let zero = a.x == 0u || b.x == 0u;
  let needed = a.x + a.y + b.x + b.y - 16384u + sizes.depthBits + 1u;
  var moduli = 1u;
  for (var i = 0u; i < ${MODULI}u; i++) {
    if (!zero && capacity[i] < needed) { moduli = i + 2u; }
  }
  plan[0] = select(8192u - a.y, 1u, zero);
  plan[1] = select(8192u - b.y, 1u, zero);
  plan[2] = min(moduli, ${MODULI}u);
  plan[3] = u32(moduli > ${MODULI}u);
  plan[4] = a.z | b.z;
}
