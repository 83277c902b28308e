/** Nested objects and arrays with leaves of one kind, as JAX's pytrees: how parameters are named and handed around. */

/** A tree of the same form as `T` whose leaves of type `From` became `To`. */
export type MapTree<T, From, To> = T extends From ? To : { [K in keyof T]: MapTree<T[K], From, To> };

type IsLeaf<Leaf> = (value: unknown) => value is Leaf;

export interface NamedLeaf<Leaf> {
  /** Keys from the root joined by dots, as in `params.layer1.0.conv1.weight`. */
  readonly path: string;
  readonly leaf: Leaf;
}

const join = (path: string, key: string | number) => (path === '' ? String(key) : `${path}.${key}`);

/**
 * Leaves in order of their keys' insertion.
 * @throws TypeError naming the path of a value that is neither a leaf nor a branch
 */
export function leaves<Leaf>(tree: unknown, isLeaf: IsLeaf<Leaf>, path = ''): NamedLeaf<Leaf>[] {
  if (isLeaf(tree)) return [{ path, leaf: tree }];
  return Object.entries(branch(tree, path)).flatMap(([key, child]) => leaves(child, isLeaf, join(path, key)));
}

/** A tree of the same form, every leaf replaced. @throws TypeError as `leaves` */
export function mapTree<T, Leaf, To>(
  tree: T,
  isLeaf: IsLeaf<Leaf>,
  change: (leaf: Leaf, path: string) => To,
  path = '',
): MapTree<T, Leaf, To> {
  const mapped = (value: unknown, at: string): unknown => {
    if (isLeaf(value)) return change(value, at);
    if (Array.isArray(value)) return value.map((child, i) => mapped(child, join(at, i)));
    return Object.fromEntries(
      Object.entries(branch(value, at)).map(([key, child]) => [key, mapped(child, join(at, key))]),
    );
  };
  return mapped(tree, path) as MapTree<T, Leaf, To>;
}

function branch(value: unknown, path: string): object {
  if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)) return value;
  throw new TypeError(
    `${path || 'the tree'} holds ${ArrayBuffer.isView(value) ? value.constructor.name : String(value)}`,
  );
}
