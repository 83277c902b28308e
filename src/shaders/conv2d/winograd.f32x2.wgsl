// Winograd's transforms of a line in f32x2; see winograd.wgsl, which uses this file, and winograd.f32.wgsl for the points of
// interpolation. Sums are right to 2^-46 of their largest term, which is what the transforms make of rounding errors anyway.
#use "precision/f32x2.wgsl"

// The points ±P and ±Q and their squares, of at most 12 bits, and the factors of the kernel's transform.
const P = 0.6875;
const Q = 1.375;
const PP = P * P;
const QQ = Q * Q;
const AT_ZERO = vec2f(0x1.1e7a02p+0, 0x1.ce18fp-25); // 16384 / 14641
const AT_P = vec2f(-0x1.7df804p-1, 0x1.0a25bp-28); // -32768 / 43923
const AT_Q = vec2f(0x1.7df804p-3, -0x1.0a25bp-30); // 8192 / 43923

fn plus(a: vec2f, b: vec2f) -> vec2f {
  let sum = f32x2_two_sum(a.x, b.x);
  return f32x2_quick_two_sum(sum.x, sum.y + (a.y + b.y));
}

fn minus(a: vec2f, b: vec2f) -> vec2f {
  return plus(a, -b);
}

/// c x for c of at most 12 bits.
fn times(c: f32, x: vec2f) -> vec2f {
  let product = f32x2_opaque(c * x.x);
  let upper = bitcast<f32>(bitcast<u32>(x.x) & 0xfffff000u);
  return vec2f(product, ((c * upper - product) + c * (x.x - upper)) + c * x.y);
}

/// Bᵀ d: six pixels to six frequencies.
fn pixels_to_frequencies(d: Line) -> Line {
  let p = minus(d[4], times(QQ, d[2]));
  let q = minus(d[4], times(PP, d[2]));
  let u = minus(d[3], times(QQ, d[1]));
  let odd_p = times(P, u);
  let odd_q = times(Q, minus(d[3], times(PP, d[1])));
  let zero = minus(p, times(PP, minus(d[2], times(QQ, d[0]))));
  let infinity = minus(minus(d[5], times(QQ, d[3])), times(PP, u));
  return Line(zero, plus(p, odd_p), minus(p, odd_p), plus(q, odd_q), minus(q, odd_q), infinity);
}

/// Aᵀ m: six frequencies to four pixels of the output.
fn frequencies_to_pixels(m: Line) -> Pixels {
  let even_p = plus(m[1], m[2]);
  let even_q = plus(m[3], m[4]);
  let odd_p = times(P, minus(m[1], m[2]));
  let odd_q = times(Q, minus(m[3], m[4]));
  return Pixels(
    plus(plus(m[0], even_p), even_q),
    plus(odd_p, odd_q),
    plus(times(PP, even_p), times(QQ, even_q)),
    plus(plus(times(PP, odd_p), times(QQ, odd_q)), m[5]),
  );
}

/// A y: four pixels of the output's gradient to six frequencies.
fn gradients_to_frequencies(y: Pixels) -> Line {
  let even_p = plus(y[0], times(PP, y[2]));
  let even_q = plus(y[0], times(QQ, y[2]));
  let odd_p = times(P, plus(y[1], times(PP, y[3])));
  let odd_q = times(Q, plus(y[1], times(QQ, y[3])));
  return Line(y[0], plus(even_p, odd_p), minus(even_p, odd_p), plus(even_q, odd_q), minus(even_q, odd_q), y[3]);
}

/// G g: three taps to six frequencies.
fn taps_to_frequencies(g: Taps) -> Line {
  let even_p = f32x2_mul(AT_P, plus(g[0], times(PP, g[2])));
  let even_q = f32x2_mul(AT_Q, plus(g[0], times(QQ, g[2])));
  let odd_p = times(P, f32x2_mul(AT_P, g[1]));
  let odd_q = times(Q, f32x2_mul(AT_Q, g[1]));
  return Line(
    f32x2_mul(AT_ZERO, g[0]),
    plus(even_p, odd_p),
    minus(even_p, odd_p),
    plus(even_q, odd_q),
    minus(even_q, odd_q),
    g[2],
  );
}

/// Gᵀ u: six frequencies to the gradients of three taps.
fn frequencies_to_taps(u: Line) -> Taps {
  let even_p = f32x2_mul(AT_P, plus(u[1], u[2]));
  let even_q = f32x2_mul(AT_Q, plus(u[3], u[4]));
  let odd_p = times(P, f32x2_mul(AT_P, minus(u[1], u[2])));
  let odd_q = times(Q, f32x2_mul(AT_Q, minus(u[3], u[4])));
  return Taps(
    plus(plus(f32x2_mul(AT_ZERO, u[0]), even_p), even_q),
    plus(odd_p, odd_q),
    plus(plus(times(PP, even_p), times(QQ, even_q)), u[5]),
  );
}
