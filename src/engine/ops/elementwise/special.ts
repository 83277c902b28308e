import erfText from '../../../shaders/elementwise/erf.wgsl';
import expm1Text from '../../../shaders/elementwise/expm1.wgsl';
import log1pText from '../../../shaders/elementwise/log1p.wgsl';
import softplusText from '../../../shaders/elementwise/softplus.wgsl';
import wideText from '../../../shaders/elementwise/special.wide.wgsl';
import tanhText from '../../../shaders/elementwise/tanh.wgsl';
import exponential from '../../../shaders/parts/exponential.wgsl';
import logarithm from '../../../shaders/parts/logarithm.wgsl';
import type { WideDType } from '../../graph/dtype.ts';
import type { Node } from '../../graph/op.ts';
import { expandWgsl } from '../../kernels/wgsl.ts';
import { call, floats, unary } from './define.ts';
import { divide, exp, multiply, negate, offset, scale, square } from './elementwise.ts';
import { tableText } from './words.ts';

/** Elementwise special functions, as in `torch.special`. In formats of two words they err by a few units in the last place. */

/** 1 / (n + 1)!, n from 14 down to 0. */
const EXPM1_SERIES = Array.from({ length: 15 }, (_, n) => {
  let factorial = 1;
  for (let k = 2; k <= 15 - n; k++) factorial *= k;
  return 1 / factorial;
});

/** erf x / x on [0, 1] as a polynomial in x², the highest power first: test/fixtures/ops/erf.py. */
const ERF_NEAR = [
  -7.795898827002142e-10, 1.3720064546777686e-8, -1.6208483801871705e-7, 1.6447424703317362e-6, -1.492473690741966e-5,
  0.00012055294904839707, -0.0008548325975389692, 0.0052239776071164225, -0.02686617064323777, 0.11283791670945006,
  -0.37612638903183543, 1.1283791670955126,
];

/** e^(x²) · (1 - erf x) on [1, 6] as a polynomial in (x - 2.5) / (x + 2.5), the highest power first: test/fixtures/ops/erf.py. */
const ERF_FAR = [
  8.134380709229634e-8, -1.5625258507743158e-6, -2.2842173094341345e-6, 7.48480117852628e-6, 1.8609712314617464e-5,
  -3.4172229273553035e-5, -0.00012887649615317198, 0.00022837955896605415, 0.0008759154019168855, -0.002642365927759658,
  -0.0039937011641469865, 0.0399225390747838, -0.12503305237885554, 0.251713193217456, -0.3717367339489732,
  0.21080636406114356,
];

const wideFunctions = (T: WideDType): readonly string[] => [
  [
    tableText(`${T}_expm1_series`, T, EXPM1_SERIES),
    tableText(`${T}_erf_near`, T, ERF_NEAR),
    tableText(`${T}_erf_far`, T, ERF_FAR),
    expandWgsl(wideText, { T, F64: Number(T === 'f64') }),
  ].join('\n'),
];

/** Numbers of a kernel that the functions of ln take: what it is of 0, and of numbers below. */
const beyondLog = () => [Number.NEGATIVE_INFINITY, Number.NaN];

/** e^x - 1, to 2 units in the last place near 0, too. */
export const expm1 = unary({
  name: 'expm1',
  formats: floats,
  functions: [expm1Text],
  expression: ([x]) => `expm1(${x})`,
  wide: call('expm1'),
  wideFunctions,
  derivative: ({ inputs: [x], gradient }) => [multiply(gradient, exp(x))],
  costly: true,
});

/** ln(1 + x), to 3 units in the last place near 0, too. */
export const log1p = unary({
  name: 'log1p',
  formats: floats,
  scalars: beyondLog,
  functions: [logarithm, log1pText],
  expression: ([x], { scalars: [lowest, nan] }) => `log1p(${x}, ${lowest}, ${nan})`,
  wide: ([x], { T }) => `${T}_log1p(${x})`,
  wideFunctions,
  derivative: ({ inputs: [x], gradient }) => [divide(gradient, offset(x, 1))],
  costly: true,
});

/** 1 / (1 + e^-x), to 3 units in the last place. Results below 2^-126 may be 0. */
export const sigmoid = unary({
  name: 'sigmoid',
  formats: floats,
  functions: [exponential],
  expression: ([x]) => `F(1.0) / (F(1.0) + exponential(-${x}))`,
  wide: call('sigmoid'),
  wideFunctions,
  derivative: ({ output, gradient }) => [multiply(gradient, multiply(output, offset(negate(output), 1)))],
  costly: true,
});

/** Hyperbolic tangent, to 3 units in the last place. */
export const tanh = unary({
  name: 'tanh',
  formats: floats,
  functions: [expm1Text, tanhText],
  expression: ([x]) => `hyperbolic_tangent(${x})`,
  wide: call('hyperbolic_tangent'),
  wideFunctions,
  derivative: ({ output, gradient }) => [multiply(gradient, offset(negate(square(output)), 1))],
  costly: true,
});

/** Error function 2/√π ∫₀ˣ e^(-t²) dt, to 3 units in the last place. */
export const erf = unary({
  name: 'erf',
  formats: floats,
  functions: [exponential, erfText],
  expression: ([x]) => `error_function(${x})`,
  wide: call('error_function'),
  wideFunctions,
  derivative: ({ inputs: [x], gradient }) => [
    multiply(gradient, scale(exp(negate(square(x))), 2 / Math.sqrt(Math.PI))),
  ],
  costly: true,
});

const softplusOp = unary({
  name: 'softplus',
  formats: floats,
  scalars: beyondLog,
  functions: [exponential, logarithm, log1pText, softplusText],
  expression: ([x], { scalars: [lowest, nan] }) => `softplus(${x}, ${lowest}, ${nan})`,
  wide: ([x], { T }) => `${T}_softplus(${x})`,
  wideFunctions,
  derivative: ({ inputs: [x], gradient }) => [multiply(gradient, sigmoid(x))],
  costly: true,
});

/**
 * ln(1 + e^(βx)) / β, to 3 units in the last place. It does not overflow, and so has no threshold from which on it is x, as PyTorch's has
 * (20, where the two differ by 2e-9).
 */
export const softplus = (x: Node, { beta = 1 }: { readonly beta?: number } = {}): Node =>
  beta === 1 ? softplusOp(x) : scale(softplusOp(scale(x, beta)), 1 / beta);
