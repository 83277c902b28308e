import type { Mistake } from '../../../base/catalogue.ts';
import { number, type Parameters, type ValuesOf } from '../../../base/parameter.ts';
import type { Node } from '../../../engine/index.ts';
import type { Nodes } from '../../network/model.ts';

/** Tensors of one shape: one parameter of a model, or all of them in a vector. */
export interface UpdateInputs {
  readonly parameters: Node;
  /** The gradients of the loss by them. */
  readonly gradients: Node;
  /** What is remembered of each parameter from step to step, by the optimiser's slots; zero before the first step. */
  readonly slots: Nodes;
  /** Scalars, by the names of the optimiser's `rates`. */
  readonly rates: Nodes;
}

/** What follows a step, of the shapes of the inputs. */
export interface Updated {
  readonly parameters: Node;
  readonly slots: Nodes;
}

/** How parameters follow their gradients: the formulas, names and defaults of a class of `torch.optim`. */
export interface OptimiserDefinition<N extends string = string, P extends Parameters = Parameters> {
  /** As study files and commands call it. */
  readonly name: N;
  readonly title: string;
  /** Where it was published. */
  readonly source: string;
  /** The parameters, with PyTorch's defaults; the learning rate is not one of them. */
  readonly parameters: P;
  /** What commands and studies take in place of defaults; a study's training is known by it as if its file had said it. */
  readonly usual?: Partial<ValuesOf<P>>;
  /** What is wrong among values that are right by themselves; null where nothing is. */
  whyWrong?(settings: ValuesOf<P>): Mistake | null;
  /** PyTorch's names of what it remembers of each parameter. */
  slots(settings: ValuesOf<P>): readonly string[];
  /**
   * Scalars that change from step to step, computed in float64 on the host.
   * @param step from 1
   */
  rates(learningRate: number, step: number, settings: ValuesOf<P>): Readonly<Record<string, number>>;
  /** One step, as a graph. */
  update(inputs: UpdateInputs, settings: ValuesOf<P>): Updated;
}

/** An optimiser for the catalogue: its file holds all that there is to know of it. */
export const defineOptimiser = <const N extends string, const P extends Parameters>(
  definition: OptimiserDefinition<N, P>,
): OptimiserDefinition<N, P> => definition;

/** The parameter that most optimisers have for an L2 penalty. */
export const l2Penalty = number({
  from: 0,
  default: 0,
  takes: 'factor',
  about: 'L2 penalty: this share of each parameter is added to its gradient',
});

/** The small number that quotients are kept finite by. */
export const quotientGuard = number({ above: 0, default: 1e-8, about: 'added to the divisor of the step' });
