/** Finds the loops of a kernel in what a driver's compiler made of it, and says what their instructions are. */
import { amd } from './amd.ts';
import { type Block, type Dialect, type Mix, mixOf } from './mix.ts';
import { nak } from './nak.ts';

export interface Loop extends Mix {
  /** How many loops it lies in. */
  readonly depth: number;
  readonly innermost: boolean;
  /** Whether workgroup memory is filled with what an earlier turn loaded: loads and arithmetic overlap. */
  readonly prefetches: boolean;
}

export interface Assembly {
  readonly whole: Mix;
  readonly loops: readonly Loop[];
}

const dialects: readonly Dialect[] = [nak, amd];

/**
 * Natural loops of blocks that stand in an order where a branch backwards closes one: header → the blocks of its body. It is the
 * textbook's construction (Aho, Lam, Sethi, Ullman, Compilers, 9.6).
 */
function loopsOf(blocks: readonly Block[]): { header: number; body: ReadonlySet<number> }[] {
  const previous = blocks.map((): number[] => []);
  blocks.forEach(({ next }, i) => {
    for (const target of next) previous[target].push(i);
  });
  const loops = new Map<number, Set<number>>();
  blocks.forEach(({ next }, latch) => {
    for (const header of next.filter((target) => target <= latch)) {
      const body = loops.get(header) ?? new Set([header]);
      const open = [latch];
      for (let block = open.pop(); block !== undefined; block = open.pop()) {
        if (body.has(block)) continue;
        body.add(block);
        open.push(...previous[block].filter((i) => i >= header));
      }
      loops.set(header, body);
    }
  });
  return [...loops].map(([header, body]) => ({ header, body }));
}

/** Whether workgroup memory is stored to before anything is loaded from buffers, in the order of the code. */
function storesFirst(blocks: readonly Block[], count: Dialect['count']): boolean {
  for (const line of blocks.flatMap(({ lines }) => lines)) {
    const { workgroupStoreBytes = 0, bufferBytes = 0 } = count(line);
    if (workgroupStoreBytes > 0) return true;
    if (bufferBytes > 0) return false;
  }
  return false;
}

/** Instructions of the whole kernel and of its loops; null where the text is in no assembly that is known. */
export function analyse(text: string): Assembly | null {
  const dialect = dialects.find(({ matches }) => matches(text));
  if (dialect === undefined) return null;
  const blocks = dialect.blocks(text);
  const found = loopsOf(blocks);
  type Found = (typeof found)[number];
  const within = (a: Found, b: Found) => a !== b && a.body.size < b.body.size && b.body.has(a.header);
  const loops = found.map((loop): Loop => {
    const body = [...loop.body].sort((a, b) => a - b).map((i) => blocks[i]);
    return {
      ...mixOf(body, dialect.count),
      depth: found.filter((other) => within(loop, other)).length,
      innermost: !found.some((other) => within(other, loop)),
      prefetches: storesFirst(body, dialect.count),
    };
  });
  return { whole: mixOf(blocks, dialect.count), loops };
}
