import { activations } from './activation.ts';
import { arithmetic } from './arithmetic.ts';
import { attentions } from './attention.ts';
import { constants } from './constants.ts';
import { convolutions } from './conv.ts';
import type { Operator } from './defineOperator.ts';
import { logic } from './logic.ts';
import { normalisations } from './normalisation.ts';
import { paddings } from './padding.ts';
import { parts } from './part.ts';
import { pools } from './pool.ts';
import { products } from './product.ts';
import { quantisations } from './quantise.ts';
import { reductions } from './reduce.ts';
import { resizes } from './resize.ts';
import { shapes } from './shape.ts';
import { softmaxes } from './softmax.ts';
import { unaries } from './unary.ts';

/** The operator sets that are read. */
export const OLDEST_OPSET = 6;
export const NEWEST_OPSET = 28;

/** All operators that are read. */
export const OPERATORS: readonly Operator[] = [
  ...convolutions,
  ...pools,
  ...normalisations,
  ...activations,
  ...softmaxes,
  ...products,
  ...attentions,
  ...arithmetic,
  ...unaries,
  ...reductions,
  ...logic,
  ...shapes,
  ...parts,
  ...paddings,
  ...resizes,
  ...constants,
  ...quantisations,
];

const BY_NAME = new Map(OPERATORS.map((operator) => [operator.name, operator]));

/** The operator of a name; undefined: it is not supported. */
export const operatorOf = (name: string): Operator | undefined => BY_NAME.get(name);
