// Integers of 64 bits as vec2u(low word, high word): sums and products modulo 2^64, shifts, the upper half of a product.

fn u64_add(a: vec2u, b: vec2u) -> vec2u {
  let low = a.x + b.x;
  return vec2u(low, a.y + b.y + u32(low < a.x));
}

fn u64_subtract(a: vec2u, b: vec2u) -> vec2u {
  return vec2u(a.x - b.x, a.y - b.y - u32(a.x < b.x));
}

fn u64_less(a: vec2u, b: vec2u) -> bool {
  return a.y < b.y || (a.y == b.y && a.x < b.x);
}

fn u64_leading_zeros(a: vec2u) -> u32 {
  return select(countLeadingZeros(a.y), 32u + countLeadingZeros(a.x), a.y == 0u);
}

/// Shifts by 0 to 63.
fn u64_shift_left(a: vec2u, by: u32) -> vec2u {
  let s = by & 31u;
  // In two steps, because a shift by 32 is one by 0.
  let near = vec2u(a.x << s, (a.y << s) | ((a.x >> 1u) >> (31u - s)));
  return select(near, vec2u(0u, a.x << s), by >= 32u);
}

/// Shifts by 0 to 63.
fn u64_shift_right(a: vec2u, by: u32) -> vec2u {
  let s = by & 31u;
  let near = vec2u((a.x >> s) | ((a.y << 1u) << (31u - s)), a.y >> s);
  return select(near, vec2u(a.y >> s, 0u), by >= 32u);
}

/// Shifts by any number; if a set bit is lost, the lowest bit is set.
fn u64_shift_right_sticky(a: vec2u, by: u32) -> vec2u {
  let s = min(by, 63u);
  let shifted = u64_shift_right(a, s);
  let back = u64_shift_left(shifted, s);
  let lost = back.x != a.x || back.y != a.y || (by > 63u && shifted.x != 0u);
  let kept = select(shifted, vec2u(0u), by > 63u);
  return vec2u(kept.x | u32(lost), kept.y);
}

/// The 64 bits of a product of two words.
fn u32_product(a: u32, b: u32) -> vec2u {
  let al = a & 0xffffu;
  let ah = a >> 16u;
  let bl = b & 0xffffu;
  let bh = b >> 16u;
  let ll = al * bl;
  let lh = al * bh;
  let hl = ah * bl;
  let middle = (ll >> 16u) + (lh & 0xffffu) + (hl & 0xffffu);
  return vec2u((ll & 0xffffu) | (middle << 16u), ah * bh + (lh >> 16u) + (hl >> 16u) + (middle >> 16u));
}

/// a b mod 2^64 for a signed factor b.
fn u64_times_i32(a: vec2u, b: i32) -> vec2u {
  let factor = u32(b);
  let low = u32_product(a.x, factor);
  return vec2u(low.x, low.y + a.y * factor - select(0u, a.x, b < 0));
}

/// The 128 bits of a product, lowest word first.
fn u64_product(a: vec2u, b: vec2u) -> vec4u {
  let ll = u32_product(a.x, b.x);
  let lh = u32_product(a.x, b.y);
  let hl = u32_product(a.y, b.x);
  let hh = u32_product(a.y, b.y);
  let first = lh.x + hl.x;
  let second = first + ll.y;
  let carried = u32(first < lh.x) + u32(second < first);
  let upper = u64_add(u64_add(hh, vec2u(lh.y, 0u)), u64_add(vec2u(hl.y, 0u), vec2u(carried, 0u)));
  return vec4u(ll.x, second, upper);
}

/// Of two fractions of 64 bits, the product's first 64 bits.
fn u64_fraction_product(a: vec2u, b: vec2u) -> vec2u {
  return u64_product(a, b).zw;
}
