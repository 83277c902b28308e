import type { Node } from '../graph/op.ts';
import { fuse } from './fuse.ts';
import { join } from './join.ts';
import { lower } from './lower.ts';
import type { Pass, PassContext } from './pass.ts';

/** All passes over a traced graph, in their order. */
export const PASSES: readonly Pass[] = [
  { name: 'lower', run: lower },
  { name: 'fuse', run: fuse },
  { name: 'join', run: join },
];

/**
 * The graph of what will run.
 * @param watch called with what each pass made of the outputs, and the milliseconds that it took
 */
export function applyPasses(
  outputs: readonly Node[],
  context: PassContext,
  watch: (pass: Pass, outputs: readonly Node[], milliseconds: number) => void = () => {},
): readonly Node[] {
  return PASSES.reduce((before, pass) => {
    const start = performance.now();
    const after = pass.run(before, context);
    watch(pass, after, performance.now() - start);
    return after;
  }, outputs);
}
