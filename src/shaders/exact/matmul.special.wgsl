// What a sum of products is when there are infinities or NaN among its terms, as IEEE 754 adds and multiplies them.
// The kernel declares a and b, and sizes.depth, sizes.aView and sizes.bView.
#use "precision/f64.arithmetic.wgsl"
#use "exact/matmul.gather.wgsl"

/// 0: zero, 1: finite, 2: infinite, 3: NaN.
fn class_of(x: vec2u) -> u32 {
  if ((x.y & 0x7fffffffu) == f64_endless && x.x == 0u) { return 2u; }
  return select(select(1u, 0u, f64_is_zero(x)), 3u, f64_is_nan(x));
}

fn number_at(at: i32, x: vec2u) -> vec2u {
  return select(x, vec2u(0u), at < 0);
}

/// The sum of row m and column j if it is not finite, else 0.
fn special_sum(m: u32, j: u32) -> vec2u {
  var found = 0u;
  for (var k = 0u; k < sizes.depth; k++) {
    let a_at = gathered(sizes.aView, k, m);
    let b_at = gathered(sizes.bView, k, j);
    // Beyond the border of a convolution there is nothing that could be multiplied.
    if (a_at < 0 || b_at < 0) { continue; }
    let x = a[u32(a_at)];
    let y = b[u32(b_at)];
    let large = max(class_of(x), class_of(y));
    let small = min(class_of(x), class_of(y));
    if (large == 3u || (large == 2u && small == 0u)) { found |= 4u; }
    else if (large == 2u) { found |= select(1u, 2u, ((x.y ^ y.y) & f64_sign) != 0u); }
  }
  if (found == 0u) { return vec2u(0u); }
  if (found >= 3u) { return f64_nan; }
  return vec2u(0u, select(f64_endless, f64_endless | f64_sign, found == 2u));
}
