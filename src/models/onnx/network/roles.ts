import { type DType, type Node, type Shape, spec, input as symbolicInput } from '../../../engine/index.ts';
import type { Initial, Specs, TensorSpec } from '../../network/model.ts';
import { isFloating } from '../format/elementType.ts';
import type { Lowering, ParameterUse } from '../graph/call.ts';
import type { OnnxGraph } from '../graph/open.ts';

/** What becomes of the initialisers of a network. All that are not named are constants. */
export interface Roles {
  readonly parameters: Specs;
  readonly state: Specs;
}

/** What is noted of how a graph reads its initialisers, by lowering it once. */
export interface Recorder {
  readonly lowering: Pick<Lowering, 'trains' | 'parameter' | 'constant'>;
  roles(): Roles;
}

/** The shape that a use of an initialiser has on the device. */
const deviceShape = ([out, channels, ...kernel]: Shape, use: ParameterUse, shape: Shape): Shape =>
  use === 'conv' ? [channels, ...kernel, out] : shape;

/**
 * Parameters are the initialisers with fractions that the graph only reads as tensors of its own: weights, biases, factors, embeddings.
 * Where an operator reads one as a bound, a scale, a divisor, or needs its numbers beforehand, it is a constant.
 */
export function recorderOf({ initialisers }: OnnxGraph, dtype: DType): Recorder {
  const uses = new Map<string, Set<ParameterUse | 'constant'>>();
  const nodes = new Map<string, Node>();
  const note = (name: string, use: ParameterUse | 'constant') => {
    const noted = uses.get(name) ?? new Set();
    uses.set(name, noted.add(use));
  };
  const shapeOf = (name: string): Shape => initialisers.get(name)?.shape ?? [];
  const isTrained = (name: string): boolean => {
    const initialiser = initialisers.get(name);
    return initialiser !== undefined && isFloating(initialiser.type) && !initialiser.shape.includes(0);
  };
  return {
    lowering: {
      trains: isTrained,
      parameter: (name, use) => {
        if (!isTrained(name)) return null;
        note(name, use);
        const key = `${use} ${name}`;
        const shape = deviceShape(shapeOf(name), use, shapeOf(name));
        const node = nodes.get(key) ?? symbolicInput(spec(shape, dtype), name);
        nodes.set(key, node);
        return node;
      },
      constant: (name) => note(name, 'constant'),
    },
    roles: () => {
      const entries = [...initialisers.keys()].flatMap((name): [string, TensorSpec, boolean][] => {
        const used = uses.get(name);
        if (used === undefined || used.has('constant') || !isTrained(name)) return [];
        if (used.has('state') && used.size > 1) return [];
        return [[name, specOf(shapeOf(name), used, dtype), used.has('state')]];
      });
      const named = (isState: boolean): Specs =>
        Object.fromEntries(entries.filter((entry) => entry[2] === isState).map(([name, tensor]) => [name, tensor]));
      return { parameters: named(false), state: named(true) };
    },
  };
}

function specOf(shape: Shape, used: ReadonlySet<ParameterUse | 'constant'>, dtype: DType): TensorSpec {
  const isConv = used.has('conv') && used.size === 1;
  return {
    shape: isConv ? deviceShape(shape, 'conv', shape) : shape,
    dtype,
    layout: isConv ? 'conv' : 'plain',
    initial: initialOf(shape, used),
  };
}

/** What a training from the start would begin with, as PyTorch's layers of these shapes. */
function initialOf(shape: Shape, used: ReadonlySet<ParameterUse | 'constant'>): Initial {
  if (used.has('scale')) return { kind: 'constant', value: 1 };
  if (shape.length < 2) return { kind: 'constant', value: 0 };
  const fanIn = shape.slice(1).reduce((product, length) => product * length, 1);
  return { kind: 'uniform', bound: 1 / Math.sqrt(fanIn) };
}
