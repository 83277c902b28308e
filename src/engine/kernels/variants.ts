import type { KernelCall, KernelContext, KernelOp, Node, VariantContext } from '../graph/op.ts';

/** One way to compute an op. */
export interface Variant<A, Problem> {
  readonly name: string;
  /** Whether its result is right here: sizes, limits, capabilities. */
  applies(problem: Problem, context: VariantContext<A>): boolean;
  /** Whether it is the default where it applies and nothing was measured; the first that says so in the table. Not given: always. */
  preferred?(problem: Problem, context: VariantContext<A>): boolean;
  kernels(problem: Problem, context: KernelContext<A>): readonly KernelCall[];
  /** Whether these kernels can do what `after` does to their result: see `KernelOp.epilogue`. */
  epilogue?(after: Node, problem: Problem): boolean;
}

/**
 * The methods `variants`, `kernel` and `epilogue` of an op whose kernels are a table of variants, in order of
 * preference. At least one of them must apply, and be preferred, wherever the op is used.
 * @param describe what the variants decide and compute by: the op's sizes
 */
export function chosenFrom<A extends Record<string, unknown>, Problem>(
  table: readonly Variant<A, Problem>[],
  describe: (context: VariantContext<A>) => Problem,
): Required<Pick<KernelOp<A>, 'variants' | 'kernel' | 'epilogue'>> {
  const applicable = (problem: Problem, context: VariantContext<A>) => {
    const all = table.filter((variant) => variant.applies(problem, context));
    const first = all.find(({ preferred }) => preferred?.(problem, context) ?? true);
    if (first === undefined) throw new Error(`no variant of [${table.map(({ name }) => name).join(', ')}] applies`);
    return [first, ...all.filter((variant) => variant !== first)];
  };
  const chosen = (problem: Problem, context: VariantContext<A>) => {
    const all = applicable(problem, context);
    const wanted = context.variant ?? all[0].name;
    const found = all.find(({ name }) => name === wanted);
    if (found === undefined)
      throw new Error(`variant ${wanted} does not apply; [${all.map(({ name }) => name).join(', ')}] do`);
    return found;
  };
  return {
    variants: (context) => applicable(describe(context), context).map(({ name }) => name),
    kernel: (context) => {
      const problem = describe(context);
      return chosen(problem, context).kernels(problem, context);
    },
    epilogue: (after, context) => {
      const problem = describe(context);
      return chosen(problem, context).epilogue?.(after, problem) === true;
    },
  };
}
