// A tensor of binary64 numbers, scaled to integers, as their residues modulo odd numbers below 2048: a plane for each modulus, residues from
// -1023 to 1023, two neighbours in one word.

struct Sizes {
  size: u32,
  factor: u32,          // 0 or 1: which factor this is
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<vec2u>;
@group(0) @binding(2) var<storage, read> plan: array<u32>;
/// Four moduli in a row: themselves, their inverses, 2^16, 2^32 and 2^48 modulo each; after all of these 2^s for s = 0, 1, ….
@group(0) @binding(3) var<storage, read> table: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> residues: array<u32>;

/// An integer of 53 bits in words of 16, times ± 2^shift.
struct Scaled {
  words: vec4i,
  shift: u32,
  negative: bool,
}

fn scaled(at: u32) -> Scaled {
  let outside = at >= sizes.size;
  let bits = x[select(at, 0u, outside)];
  let field = (bits.y >> 20u) & 0x7ffu;
  let high = (bits.y & 0xfffffu) | select(0x100000u, 0u, field == 0u);
  let shift = i32(max(field, 1u)) - i32(plan[sizes.factor]);
  // Below the lowest exponent there are only zeros.
  let integer = u64_shift_right(vec2u(bits.x, high), u32(clamp(-shift, 0, 63)));
  let kept = select(integer, vec2u(0u), outside || field == 0x7ffu);
  let words = bitcast<vec4i>(vec4u(kept.x & 0xffffu, kept.x >> 16u, kept.y & 0xffffu, kept.y >> 16u));
  return Scaled(words, u32(clamp(shift, 0, ${POWERS - 1})), (bits.y >> 31u) == 1u);
}

/// Residues modulo four moduli p.
fn reduced(x: Scaled, p: vec4f, inverse: vec4f, c16: vec4f, c32: vec4f, c48: vec4f, power: vec4f) -> vec4i {
  let value = vec4i(x.words.x) + x.words.y * vec4i(c16) + x.words.z * vec4i(c32) + x.words.w * vec4i(c48);
  let residue = value - vec4i(round(vec4f(value) * inverse)) * vec4i(p);
  let product = vec4f(residue) * power;
  let result = vec4i(product - round(product * inverse) * p);
  return select(result, -result, x.negative);
}

@compute @workgroup_size(64)
fn split(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (group.x + group.y * groups.x) * 64u + lane;
  let plane = (sizes.size + 1u) / 2u;
  if (i >= plane) { return; }
  let even = scaled(2u * i);
  let odd = scaled(2u * i + 1u);
  for (var four = 0u; 4u * four < plan[2]; four++) {
    let p = table[5u * four];
    let inverse = table[5u * four + 1u];
    let c16 = table[5u * four + 2u];
    let c32 = table[5u * four + 3u];
    let c48 = table[5u * four + 4u];
    let powers = ${5 * MODULI / 4}u + four;
    let first = reduced(even, p, inverse, c16, c32, c48, table[powers + ${MODULI / 4}u * even.shift]);
    let second = reduced(odd, p, inverse, c16, c32, c48, table[powers + ${MODULI / 4}u * odd.shift]);
    let words = bitcast<vec4u>((first & vec4i(0xffff)) | (second << vec4u(16u)));
    let at = 4u * four * plane + i;
    residues[at] = words.x;
    residues[at + plane] = words.y;
    residues[at + 2u * plane] = words.z;
    residues[at + 3u * plane] = words.w;
  }
}
