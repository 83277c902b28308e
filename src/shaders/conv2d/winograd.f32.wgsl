// Winograd's transforms of a line in f32; see winograd.wgsl, which uses this file.
//
// The points of interpolation are 0, ±11/16, ±11/8 and infinity: exact in binary, and with a quarter of the rounding error of
// 0, ±1, ±2, ∞, which is about twice that of the direct sum.

// The points ±P and ±Q, their squares, and the factors of the kernel's transform.
const P = 0.6875;
const Q = 1.375;
const PP = P * P;
const QQ = Q * Q;
const AT_ZERO = 1.0 / (PP * QQ);
const AT_P = -0.5 / (PP * (QQ - PP));
const AT_Q = 0.5 / (QQ * (QQ - PP));

/// Bᵀ d: six pixels to six frequencies.
fn pixels_to_frequencies(d: Line) -> Line {
  let p = d[4] - QQ * d[2];
  let q = d[4] - PP * d[2];
  let odd_p = P * (d[3] - QQ * d[1]);
  let odd_q = Q * (d[3] - PP * d[1]);
  let zero = PP * QQ * d[0] - (PP + QQ) * d[2] + d[4];
  let infinity = PP * QQ * d[1] - (PP + QQ) * d[3] + d[5];
  return Line(zero, p + odd_p, p - odd_p, q + odd_q, q - odd_q, infinity);
}

/// Aᵀ m: six frequencies to four pixels of the output.
fn frequencies_to_pixels(m: Line) -> Pixels {
  let even_p = m[1] + m[2];
  let even_q = m[3] + m[4];
  let odd_p = P * (m[1] - m[2]);
  let odd_q = Q * (m[3] - m[4]);
  return Pixels(m[0] + even_p + even_q, odd_p + odd_q, PP * even_p + QQ * even_q, PP * odd_p + QQ * odd_q + m[5]);
}

/// A y: four pixels of the output's gradient to six frequencies.
fn gradients_to_frequencies(y: Pixels) -> Line {
  let even_p = y[0] + PP * y[2];
  let even_q = y[0] + QQ * y[2];
  let odd_p = P * (y[1] + PP * y[3]);
  let odd_q = Q * (y[1] + QQ * y[3]);
  return Line(y[0], even_p + odd_p, even_p - odd_p, even_q + odd_q, even_q - odd_q, y[3]);
}

/// G g: three taps to six frequencies.
fn taps_to_frequencies(g: Taps) -> Line {
  let even_p = AT_P * (g[0] + PP * g[2]);
  let even_q = AT_Q * (g[0] + QQ * g[2]);
  let odd_p = AT_P * P * g[1];
  let odd_q = AT_Q * Q * g[1];
  return Line(AT_ZERO * g[0], even_p + odd_p, even_p - odd_p, even_q + odd_q, even_q - odd_q, g[2]);
}

/// Gᵀ u: six frequencies to the gradients of three taps.
fn frequencies_to_taps(u: Line) -> Taps {
  let even_p = AT_P * (u[1] + u[2]);
  let even_q = AT_Q * (u[3] + u[4]);
  let odd = AT_P * P * (u[1] - u[2]) + AT_Q * Q * (u[3] - u[4]);
  return Taps(AT_ZERO * u[0] + even_p + even_q, odd, PP * even_p + QQ * even_q + u[5]);
}
