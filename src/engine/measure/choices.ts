import type { Capabilities } from '../graph/capabilities.ts';
import type { Node, VariantChoice } from '../graph/op.ts';
import { kernelOp, operandOf } from '../graph/op.ts';
import { describe } from '../graph/shape.ts';
import { canonicalKernels } from '../kernels/canonical.ts';
import type { Step } from '../plan/plan.ts';

/** An op on tensors of given types that several variants of its kernels can compute. */
export interface TuningProblem {
  /** Op, types and attributes as text. */
  readonly key: string;
  readonly node: Node;
  /** The default first. */
  readonly variants: readonly string[];
}

/** Variants that were chosen earlier, by the problems' keys, each with a fingerprint of the kernels it was chosen among. */
export type Choices = Readonly<Record<string, { readonly variant: string; readonly kernels: string }>>;

/** A short text for a long one, different for different ones. */
export type Fingerprint = (text: string) => string;

/** A node's op, types and attributes as text. */
export const keyOf = ({ op, inputs, attributes }: Node): string =>
  `${op.name}(${inputs.map(describe).join(', ')}) ${JSON.stringify(attributes)}`;

/** The problem that a node poses, or null where there is only one way to compute it. */
export function problemOf(node: Node, capabilities: Capabilities): TuningProblem | null {
  const { inputs, attributes, op } = node;
  if (op.decompose !== undefined || op.variants === undefined) return null;
  const variants = op.variants({ inputs, output: node, attributes, capabilities });
  if (variants.length < 2) return null;
  return { key: keyOf(node), node, variants };
}

/** The problems of the steps of plans, each once. */
export function tuningProblems(steps: readonly Step[], capabilities: Capabilities): TuningProblem[] {
  const problems = new Map<string, TuningProblem>();
  for (const step of steps) {
    const problem = step.kind === 'dispatch' ? problemOf(step.node, capabilities) : null;
    if (problem !== null && !problems.has(problem.key)) problems.set(problem.key, problem);
  }
  return [...problems.values()];
}

/**
 * The text of all kernels among which a problem's solution is chosen, as it means something: a choice holds as long as this stays.
 * @param textOf to be shared by several problems, which have most kernels in common
 */
export function kernelText(
  { node, variants }: TuningProblem,
  capabilities: Capabilities,
  textOf = canonicalKernels(),
): string {
  const { inputs, attributes } = node;
  const kernels = variants.map((variant) => {
    let scratches = 0;
    const calls = kernelOp(node).kernel({
      inputs: inputs.map((type, index) => operandOf('input', index, type)),
      output: operandOf('output', 0, node),
      attributes,
      capabilities,
      variant,
      scratch: (type) => operandOf('scratch', scratches++, type),
      sharesBuffer: () => false,
    });
    return [variant, [calls].flat().map(textOf)];
  });
  return JSON.stringify(kernels);
}

/**
 * Follows earlier choices wherever the variants and their kernels are still those that were chosen among.
 * @param fingerprint of a kernel's text, as in the choices
 */
export function remembered(choices: Choices, capabilities: Capabilities, fingerprint: Fingerprint): VariantChoice {
  const known = new Map<string, string | undefined>();
  const textOf = canonicalKernels();
  return (node) => {
    const problem = problemOf(node, capabilities);
    if (problem === null || !Object.hasOwn(choices, problem.key)) return undefined;
    if (!known.has(problem.key)) {
      const { variant, kernels } = choices[problem.key];
      const holds = () => fingerprint(kernelText(problem, capabilities, textOf)) === kernels;
      known.set(problem.key, problem.variants.includes(variant) && holds() ? variant : undefined);
    }
    return known.get(problem.key);
  };
}
