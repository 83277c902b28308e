/** Nodes and weights of the 21-point Kronrod rule and its 10-point Gauss rule (QUADPACK `qk21`; Piessens et al. 1983). */
const NODES = [
  0.9956571630258081, 0.9739065285171717, 0.9301574913557082, 0.8650633666889845, 0.7808177265864169,
  0.6794095682990244, 0.5627571346686047, 0.4333953941292472, 0.2943928627014602, 0.14887433898163122, 0,
];
const KRONROD = [
  0.011694638867371874, 0.032558162307964725, 0.054755896574351995, 0.07503967481091996, 0.0931254545836976,
  0.10938715880229764, 0.12349197626206584, 0.13470921731147334, 0.14277593857706009, 0.14773910490133849,
  0.1494455540029169,
];
/** Weights of the nodes 1, 3, 5, 7, 9. */
const GAUSS = [0.06667134430868814, 0.1494513491505806, 0.21908636251598204, 0.26926671930999635, 0.29552422471475287];

/** Writes the values of several integrands at x to `out`. */
export type Integrands = (x: number, out: Float64Array) => void;

/** What the integrands' own rounding may leave: derivatives of densities are good to some hundred units in the last place. */
const NOISE = 1e-13;

interface Piece {
  readonly from: number;
  readonly to: number;
  readonly integral: Float64Array;
  readonly error: number;
}

/**
 * Integrals of `count` functions over [breaks[0], breaks[last]], by adaptive Gauss-Kronrod quadrature: the piece with the
 * largest error is halved until the sum of errors is below `tolerance` times the largest integral. `breaks` are ascending and
 * should bracket what is steep.
 */
export function integrate(
  integrands: Integrands,
  count: number,
  breaks: readonly number[],
  tolerance = 1e-12,
): Float64Array {
  const pieces = breaks.slice(1).map((to, k) => kronrod(integrands, count, breaks[k], to));
  for (let halvings = 0; halvings < 200; halvings++) {
    const total = sumOf(pieces, count);
    const scale = total.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const error = pieces.reduce((sum, piece) => sum + piece.error, 0);
    if (!(error > tolerance * scale)) break;
    const worst = pieces.reduce((at, piece, k) => (piece.error > pieces[at].error ? k : at), 0);
    const { from, to } = pieces[worst];
    const middle = (from + to) / 2;
    if (middle === from || middle === to) break;
    pieces.splice(worst, 1, kronrod(integrands, count, from, middle), kronrod(integrands, count, middle, to));
  }
  return sumOf(pieces, count);
}

function sumOf(pieces: readonly Piece[], count: number): Float64Array {
  const total = new Float64Array(count);
  for (const { integral } of pieces) for (let j = 0; j < count; j++) total[j] += integral[j];
  return total;
}

function kronrod(integrands: Integrands, count: number, from: number, to: number): Piece {
  const centre = (from + to) / 2;
  const half = (to - from) / 2;
  const integral = new Float64Array(count);
  const gauss = new Float64Array(count);
  const absolute = new Float64Array(count);
  const values = new Float64Array(count);
  NODES.forEach((node, k) => {
    for (const x of node === 0 ? [centre] : [centre - half * node, centre + half * node]) {
      integrands(x, values);
      for (let j = 0; j < count; j++) {
        integral[j] += half * KRONROD[k] * values[j];
        absolute[j] += half * KRONROD[k] * Math.abs(values[j]);
        if (k % 2 === 1) gauss[j] += half * GAUSS[(k - 1) / 2] * values[j];
      }
    }
  });
  // QUADPACK's estimate: the difference of the rules is far too careful once both are close; below rounding it says nothing.
  let error = 0;
  for (let j = 0; j < count; j++) {
    const difference = Math.abs(integral[j] - gauss[j]);
    if (difference <= NOISE * absolute[j]) continue;
    error = Math.max(error, absolute[j] * Math.min(1, ((200 * difference) / absolute[j]) ** 1.5));
  }
  return { from, to, integral, error };
}
