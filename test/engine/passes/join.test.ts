import { describe, expect, it } from 'vitest';
import { defineOp, input, reachable, spec } from '../../../src/engine/graph/graph.ts';
import type { KernelCall, KernelContext, KernelOp, NoAttributes, Node } from '../../../src/engine/graph/op.ts';
import { negate, relu } from '../../../src/engine/ops/elementwise/elementwise.ts';
import { join } from '../../../src/engine/passes/join.ts';
import { planFunction } from '../../../src/engine/run/compile.ts';
import { operand, run, useDevice } from '../../support/checkOp.ts';

/** A fusion is a rule in an op's own file: these ops triple what they read, and say what their kernel computes along. */
const device = useDevice();

const isRelu = ({ op }: { readonly op: Node['op'] }) => op.name === 'relu';
const isNegate = ({ op }: { readonly op: Node['op'] }) => op.name === 'negate';

function tripled({ inputs: [x], output: y }: KernelContext<NoAttributes>, entry = 'triple'): KernelCall {
  const read = x.through === undefined ? 'x[i]' : '-x[i]';
  const value = y.through === undefined ? 'value' : 'max(value, 0.0)';
  const shader = `
    @group(0) @binding(0) var<storage, read> x: array<f32>;
    @group(0) @binding(1) var<storage, read_write> y: array<f32>;
    @compute @workgroup_size(64) fn ${entry}(@builtin(global_invocation_id) id: vec3u) {
      let i = id.x;
      if (i < ${y.size}u) { let value = 3.0 * ${read}; y[i] = ${value}; }
    }`;
  return { shader, entry, bind: { x, y }, grid: [Math.ceil(y.size / 64)] };
}

const triple = (rules: Partial<KernelOp<NoAttributes>>) => {
  const op = defineOp<NoAttributes>({
    name: 'triple',
    infer: ([x]) => x,
    derivative: null,
    kernel: (context) => tripled(context),
    cost: ({ inputs: [x], output }) => ({ flops: output.size, bytes: x.bytes + output.bytes }),
    ...rules,
  });
  return (x: Node) => op([x], {});
};

const rectifying = triple({ epilogue: isRelu });
const negating = triple({ prologue: (_, before) => isNegate(before) });
const both = triple({ epilogue: isRelu, prologue: (_, before) => isNegate(before) });

const joinedFrom = (outputs: readonly Node[]) => join(outputs, { capabilities: device().capabilities });
const x = input(spec([70]), 'x');
const namesOf = (outputs: readonly Node[]) =>
  reachable(outputs)
    .filter(({ inputs }) => inputs.length > 0)
    .map(({ op }) => op.name);

const plans = (build: (x: Node) => Node, variantOf?: (node: Node) => string | undefined) =>
  planFunction(({ x }) => ({ y: build(x) }), { x: spec([70]) }, { capabilities: device().capabilities, variantOf });

describe('a kernel', () => {
  it.each([
    ['after it', (x: Node) => relu(rectifying(x)), (x: number) => Math.max(0, 3 * x)],
    ['before it', (x: Node) => negating(negate(x)), (x: number) => -3 * x],
    ['on both sides', (x: Node) => relu(both(negate(x))), (x: number) => Math.max(0, -3 * x)],
  ])('computes along what is %s, if its op says that it can', async (_, build, meaning) => {
    const of = operand([70], 1);
    // The product is exact in float64; WGSL rounds it once.
    expect([...(await run(device(), ([node]) => build(node), [of]))].map((value) => value + 0)).toEqual(
      Array.from(of.data, (value) => Math.fround(meaning(value)) + 0),
    );
    expect(plans(build).steps.length).toBe(1);
  });

  it('costs what the op and its epilogue cost, less what need not be stored and read', () => {
    const { flops, steps } = plans((x) => relu(rectifying(x)));
    expect(flops).toBe(2 * 70);
    expect(steps).toMatchObject([{ label: 'relu(triple(f32[70]))', cost: { bytes: 2 * 4 * 70 } }]);
  });

  it('leaves a result to the others that read it, or to the caller', () => {
    const y = rectifying(x);
    expect(namesOf(joinedFrom([relu(y), negate(y)]))).toEqual(['triple', 'relu', 'negate']);
    expect(namesOf(joinedFrom([relu(y), y]))).toEqual(['triple', 'relu']);
    expect(namesOf(joinedFrom([negate(y)]))).toEqual(['triple', 'negate']);
  });

  it('reads what makes its input wherever it reads it; others have their own kernel for that', () => {
    const y = negate(x);
    const [first, second, other] = joinedFrom([negating(y), both(y), rectifying(y)]);
    expect([first.inputs, second.inputs, other.inputs]).toEqual([[x], [x], [y]]);
  });

  it('has one epilogue, and is none itself when it has one: readers come first', () => {
    const greedy = triple({ epilogue: () => true });
    const [output] = joinedFrom([greedy(greedy(greedy(x)))]);
    // The two last become one kernel, whose input stays as it is.
    expect(namesOf([output])).toEqual(['triple', 'triple']);
    expect(output.inputs[0].inputs).toEqual([x]);
  });

  it('is of the variant that was asked, whichever is the default', () => {
    const op = triple({
      variants: () => ['plain', 'able'],
      epilogue: (after, { variant = 'plain' }) => variant === 'able' && isRelu(after),
      kernel: (context) => tripled(context, context.variant ?? 'plain'),
    });
    const entries = (variant?: string) =>
      plans(
        (x) => relu(op(x)),
        ({ op: { name } }) => (name === 'triple' ? variant : undefined),
      ).steps.map((step) => (step.kind === 'dispatch' ? step.call.entry : ''));
    expect(entries()).toEqual(['plain', 'rows']);
    expect(entries('able')).toEqual(['able']);
  });

  it('is not taken for another one whose neighbour has the same name', () => {
    const named = (value: number) => {
      const op = defineOp<NoAttributes>({
        name: 'namesake',
        infer: ([x]) => x,
        derivative: null,
        kernel: () => [],
        cost: () => ({ flops: value, bytes: 0 }),
      });
      return (x: Node) => op([x], {});
    };
    const [one, two] = [named(1), named(2)];
    const able = triple({ epilogue: ({ op }) => op.name === 'namesake' });
    const [a] = joinedFrom([one(able(x))]);
    const [b] = joinedFrom([two(able(x))]);
    const [again] = joinedFrom([one(able(x))]);
    expect(a).not.toBe(b);
    expect(again).toBe(a);
  });
});
