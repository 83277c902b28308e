import { add, type Node, recompute } from '../../engine/index.ts';
import type { BatchNormalisation, Layer } from './layers.ts';

/** What the parts of a residual block compute. */
export interface PreActivation {
  /** Batch norm and ReLU at the beginning. */
  readonly norm: BatchNormalisation;
  /** What is added to the shortcut, computed from what `norm` gives. */
  readonly body: Layer;
  /** Projection of the shortcut; null where it is the input itself. */
  readonly shortcut: Layer | null;
  /** What the projection reads: what `norm` gives, or the block's input. */
  readonly projects: 'activated' | 'plain';
}

/** body(norm(x)) + shortcut, a residual block with nothing after the sum. He et al., arXiv 1603.05027, equation 5. */
export function preActivated({ norm, body, shortcut, projects }: PreActivation): Layer {
  return {
    parameters: { ...norm.parameters, ...body.parameters, ...shortcut?.parameters },
    state: { ...norm.state, ...body.state, ...shortcut?.state },
    forward: (x, values) => {
      const active = norm.forward(x, values);
      const long = body.forward(active.output, values);
      const short = shortcut?.forward(projects === 'plain' ? x : active.output, values) ?? { output: x, observed: {} };
      const output: Node = values.storing.activation(add(long.output, short.output));
      return {
        output: values.recompute === 'blocks' ? recompute(output, [x]) : output,
        observed: { ...active.observed, ...long.observed, ...short.observed },
      };
    },
  };
}
