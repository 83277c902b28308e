import { matmul, type Node, reshape, sum, transpose } from '../../../engine/index.ts';
import type { Call } from '../graph/call.ts';

/** A tensor with a letter for each axis. */
interface Labelled {
  readonly node: Node;
  readonly labels: readonly string[];
}

/** Letters that equations do not use, for the axes that `...` stands for. */
const ELLIPSIS = '0123456789';

/** Axes in another order; axes that are not named are summed over. */
function arranged({ node, labels }: Labelled, wanted: readonly string[]): Node {
  const kept = labels.filter((label) => wanted.includes(label));
  const summed = labels.flatMap((label, axis) => (wanted.includes(label) ? [] : [axis]));
  const rest = summed.length === 0 ? node : sum(node, summed);
  return transpose(
    rest,
    wanted.map((label) => kept.indexOf(label)),
  );
}

/** The letters of an operand, those of `...` written out. */
function labelsOf(call: Call, term: string, rank: number): string[] {
  const letters = [...term.replace('...', '')].length;
  const labels = [...term.replace('...', ELLIPSIS.slice(0, Math.max(0, rank - letters)))];
  if (labels.length !== rank || new Set(labels).size < labels.length)
    call.fail(`its term "${term}" does not name ${rank} axes by a letter each`);
  return labels;
}

/** Sums of products, as `numpy.einsum` of one operand or two. */
export function einsum(call: Call): Node {
  const equation = call.text('equation').replaceAll(' ', '');
  const [left, right] = equation.split('->');
  const terms = left.split(',');
  if (terms.length !== call.inputs.length || terms.length > 2)
    call.fail(`its equation "${equation}" is not one of one or two operands`);
  const operands = terms.map((term, i): Labelled => {
    const node = call.weight(i);
    return { node, labels: labelsOf(call, term, node.shape.length) };
  });
  const all = operands.flatMap(({ labels }) => labels);
  const dots = ELLIPSIS.slice(
    0,
    Math.max(...operands.map(({ labels }) => labels.filter((label) => ELLIPSIS.includes(label)).length)),
  );
  const once = [...new Set(all)].filter(
    (label) => all.indexOf(label) === all.lastIndexOf(label) && !dots.includes(label),
  );
  const wanted = right === undefined ? [...dots, ...once.sort()] : [...right.replace('...', dots)];
  const unknown = wanted.find((label) => !all.includes(label));
  if (unknown !== undefined) call.fail(`its equation "${equation}" has no operand with "${unknown}"`);
  return operands.length === 1 ? arranged(operands[0], wanted) : contracted(operands[0], operands[1], wanted);
}

/** Two operands as a product of batches of matrices. */
function contracted(a: Labelled, b: Labelled, wanted: readonly string[]): Node {
  const shared = a.labels.filter((label) => b.labels.includes(label));
  const batch = shared.filter((label) => wanted.includes(label));
  const depth = shared.filter((label) => !wanted.includes(label));
  const [rows, columns] = [a, b].map(({ labels }) =>
    labels.filter((label) => wanted.includes(label) && !shared.includes(label)),
  );
  const lengths = new Map(
    [a, b].flatMap(({ node, labels }) => labels.map((label, axis) => [label, node.shape[axis]] as const)),
  );
  const size = (labels: readonly string[]) => labels.reduce((product, label) => product * (lengths.get(label) ?? 1), 1);
  const matrices = (operand: Labelled, order: readonly (readonly string[])[]) =>
    reshape(arranged(operand, order.flat()), order.map(size).slice(batch.length === 0 ? 1 : 0));
  const product = matmul(matrices(a, [batch, rows, depth]), matrices(b, [batch, depth, columns]));
  const order = [...batch, ...rows, ...columns];
  const apart = reshape(
    product,
    order.map((label) => lengths.get(label) ?? 1),
  );
  return arranged({ node: apart, labels: order }, wanted);
}
