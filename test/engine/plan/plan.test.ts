import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GpuOutOfMemoryError } from '../../../src/engine/errors.ts';
import { formats } from '../../../src/engine/graph/dtype.ts';
import { input, literal, reachable, spec } from '../../../src/engine/graph/graph.ts';
import type { Node } from '../../../src/engine/graph/op.ts';
import { kernelOp } from '../../../src/engine/graph/op.ts';
import { sameShape } from '../../../src/engine/graph/shape.ts';
import { add, exp, multiply, relu, scale, subtract } from '../../../src/engine/ops/elementwise/elementwise.ts';
import { expand, sum } from '../../../src/engine/ops/reduce/sum.ts';
import { reshape, transpose } from '../../../src/engine/ops/shape/shape.ts';
import { fuse } from '../../../src/engine/passes/fuse.ts';
import { gradients } from '../../../src/engine/passes/gradients.ts';
import type { Place } from '../../../src/engine/plan/memory.ts';
import { type Plan, plan } from '../../../src/engine/plan/plan.ts';
import type { Donation } from '../../../src/engine/plan/schedule.ts';
import { storageOf } from '../../../src/engine/plan/schedule.ts';
import { type RandomGraph, randomGraph } from '../../support/randomGraph.ts';

const capabilities = {
  subgroupsOf8: true,
  maxStorageBufferBindingSize: 2 ** 27,
  maxBufferSize: 2 ** 28,
  fastWorkgroupMemory: false,
  maxComputeWorkgroupsPerDimension: 65_535,
  memoryBudget: 2 ** 33,
};

const planFor = (inputs: readonly Node[], outputs: readonly Node[], donations: readonly Donation[] = []): Plan =>
  plan({ name: 'test', inputs, outputs, donations, capabilities });

/** A value that lies in a buffer, from byte `first` to before byte `end`. */
interface Held {
  readonly first: number;
  readonly end: number;
  readonly value: unknown;
}

/** Bytes into a node's memory at which its inputs may be computed; null: nowhere. */
const placesIn = (node: Node) =>
  kernelOp(node)
    .places?.(node.inputs, node.attributes)
    .map((place) => (place === null ? null : place * formats[node.dtype].bytes));

/**
 * Follows a plan step by step with, instead of numbers, the names of the values that each buffer holds: a kernel must find in its
 * buffers exactly the values of its node's inputs, and at the end every output must lie where the plan says. Values that are put side by
 * side lie in the memory of what holds them all.
 */
function checkPlan(
  { prelude, steps: ofRun, buffers, inputs, literals, outputs: places }: Plan,
  outputs: readonly Node[],
  donations: readonly Donation[],
): void {
  const holds: Held[][] = buffers.map(() => []);
  for (const [node, buffer] of [...inputs, ...literals]) holds[buffer] = [{ first: 0, end: node.bytes, value: node }];
  const steps = [...prelude, ...ofRun];
  const holdsValue = ({ buffer, offset }: Place, value: unknown) =>
    holds[buffer].some((held) => held.value === value && held.first <= offset && offset < held.end);
  const holdsNode = (place: Place, node: Node): boolean => {
    const storage = storageOf(node);
    const inside = placesIn(storage);
    return (
      holdsValue(place, storage) ||
      inside?.every((at, i) => at !== null && holdsNode({ ...place, offset: place.offset + at }, storage.inputs[i])) ===
        true
    );
  };
  const held = (place: Place, node: Node, what: string) => {
    if (!holdsNode(place, node)) throw new Error(`${what} finds another value in buffer ${place.buffer}`);
  };
  const outside = ({ buffer, offset }: Place, bytes: number) =>
    holds[buffer].filter(({ first, end }) => end <= offset || offset + bytes <= first);
  /** What is written replaces what it overlaps, but for values that are parts of it. */
  const write = ({ buffer, offset }: Place, bytes: number, value: unknown, parts: readonly unknown[] = []) => {
    const kept = holds[buffer].filter((other) => parts.includes(other.value));
    holds[buffer] = [...outside({ buffer, offset }, bytes), ...kept, { first: offset, end: offset + bytes, value }];
  };

  const scratches = new Map<string, object>();
  steps.forEach((step, at) => {
    if (step.kind === 'copy') {
      const { from, to, bytes } = step;
      const moved = holds[from.buffer]
        .filter(({ first, end }) => first >= from.offset && end <= from.offset + bytes)
        .map((each) => ({
          ...each,
          first: each.first - from.offset + to.offset,
          end: each.end - from.offset + to.offset,
        }));
      holds[to.buffer] = [...outside(to, bytes), ...moved];
      return;
    }
    const { node, call, label } = step;
    const targets = new Set<number>();
    const reads = new Set<number>();
    let target: Place | undefined;
    for (const [variable, operand] of Object.entries(call.bind)) {
      const place = step.places.get(variable) as Place;
      const { buffer } = place;
      if (buffers[buffer].bytes < operand.bytes) throw new Error(`${label}: buffer ${buffer} is too small`);
      if (operand.role === 'input') {
        held(place, node.inputs[operand.index], label);
        reads.add(buffer);
      } else {
        targets.add(buffer);
        if (operand.role === 'output') target = place;
        else {
          // The first kernel of an op that touches its scratch writes it, the others must find it as it was.
          const key = `${node.id} ${operand.index}`;
          const first = !scratches.has(key);
          if (first) scratches.set(key, { key });
          else if (!holdsValue(place, scratches.get(key))) throw new Error(`${label}: its scratch was overwritten`);
          write(place, operand.bytes, scratches.get(key));
        }
      }
    }
    // WebGPU: what is written may not be bound a second time.
    for (const buffer of targets)
      if (reads.has(buffer)) throw new Error(`${label} binds buffer ${buffer} for reading and writing`);
    if (target !== undefined) {
      const { buffer, offset } = target;
      const last = steps[at + 1]?.kind !== 'dispatch' || (steps[at + 1] as typeof step).node !== node;
      const bound = new Set(
        Object.values(call.bind).flatMap(({ role, index }) => (role === 'input' ? [node.inputs[index]] : [])),
      );
      // An input that a single kernel does not bind is read in place.
      const single = last && (steps[at - 1] as typeof step)?.node !== node;
      const inside = placesIn(node);
      if (single)
        node.inputs.forEach((each, i) => {
          if (!bound.has(each)) held({ buffer, offset: offset + (inside?.[i] ?? 0) }, each, `${label}, in place,`);
        });
      write(target, node.bytes, storageOf(node), inside === undefined ? [] : node.inputs.map(storageOf));
    }
  });
  outputs.forEach((node, i) => {
    held(places[i], node, `output ${i}`);
  });
  for (const { input: donated, output } of donations) expect(places[output].buffer).toBe(inputs.get(donated));
}

/** Donates every input for which there is an output of its type. */
function donationsOf({ inputs }: RandomGraph, outputs: readonly Node[]): Donation[] {
  const taken = new Set<number>();
  return inputs.flatMap((donated) => {
    const output = outputs.findIndex((node, i) => !taken.has(i) && sameShape(node.shape, donated.shape));
    if (output === -1) return [];
    taken.add(output);
    return [{ input: donated, output }];
  });
}

/** A step of gradient descent over the inputs of a random graph, each of them donated. */
function trainingStep({ inputs, outputs: [loss] }: RandomGraph) {
  const slopes = gradients(sum(loss), inputs);
  const outputs = fuse(inputs.map((node, i) => subtract(node, scale(slopes[i], 0.1))));
  return { outputs, donations: inputs.map((node, output) => ({ input: node, output })) };
}

describe('plan', () => {
  it('never lets two live values share a buffer', () => {
    fc.assert(
      fc.property(randomGraph(40), fc.boolean(), fc.boolean(), (graph, fusing, donating) => {
        const outputs = fusing ? fuse(graph.outputs) : [...graph.outputs];
        const donations = donating ? donationsOf(graph, outputs) : [];
        checkPlan(planFor(graph.inputs, outputs, donations), outputs, donations);
      }),
      { numRuns: 500, seed: 1 },
    );
  });

  it('never does so in a training step over donated parameters', () => {
    let inPlace = 0;
    fc.assert(
      fc.property(randomGraph(15), (graph) => {
        const { outputs, donations } = trainingStep(graph);
        const planned = planFor(graph.inputs, outputs, donations);
        checkPlan(planned, outputs, donations);
        inPlace += donations.length - planned.steps.filter(({ kind }) => kind === 'copy').length;
      }),
      { numRuns: 200, seed: 2 },
    );
    expect(inPlace).toBeGreaterThan(200);
  });

  it('finds what depends on constants alone where the run before left it', () => {
    let kept = 0;
    fc.assert(
      fc.property(randomGraph(40), fc.boolean(), (graph, fusing) => {
        const outputs = fusing ? fuse(graph.outputs) : [...graph.outputs];
        const constants = graph.inputs.slice(1);
        const planned = plan({ name: 'test', inputs: graph.inputs, outputs, donations: [], capabilities, constants });
        kept += planned.prelude.length;
        // A second run without the prelude, after the first.
        checkPlan({ ...planned, steps: [...planned.steps, ...planned.steps] }, outputs, []);
        const varying = new Set(graph.inputs.slice(0, 1));
        for (const node of reachable(outputs)) if (node.inputs.some((each) => varying.has(each))) varying.add(node);
        const nodesOf = (steps: Plan['steps']) =>
          steps.flatMap((step) => (step.kind === 'dispatch' ? [step.node] : []));
        expect(nodesOf(planned.prelude).filter((node) => varying.has(node))).toEqual([]);
        expect(nodesOf(planned.steps).filter((node) => !varying.has(node))).toEqual([]);
      }),
      { numRuns: 300, seed: 4 },
    );
    expect(kept).toBeGreaterThan(300);
  });

  it('uses memory again', () => {
    const x = input(spec([1024]), 'x');
    let y = x;
    for (let i = 0; i < 20; i++) y = exp(sum(expand(reshape(y, [1, 1024]), [2, 1024]), [0]));
    const { peakBytes } = planFor([x], [y]);
    // At any time one value of 2 x 1024 and one or two of 1024.
    expect(peakBytes).toBeLessThanOrEqual(4 * 5 * 1024);
  });

  it('updates a donated input in place, after its last reader', () => {
    const p = input(spec([100]), 'p');
    const v = input(spec([100]), 'v');
    const momentum = add(scale(v, 0.9), exp(p));
    const outputs = fuse([subtract(p, scale(momentum, 0.1)), momentum, sum(p)]);
    const donations = [
      { input: p, output: 0 },
      { input: v, output: 1 },
    ];
    const planned = planFor([p, v], outputs, donations);
    checkPlan(planned, outputs, donations);
    expect(planned.steps.map(({ kind }) => kind)).toEqual(['dispatch', 'dispatch', 'dispatch']);
    expect(planned.steps.at(-1)?.label).toContain('subtract');
  });

  it('copies where two updates read what the other overwrites', () => {
    const [a, b] = ['a', 'b'].map((name) => input(spec([10]), name));
    const outputs = [add(a, b), multiply(b, a)];
    const donations = [a, b].map((donated, output) => ({ input: donated, output }));
    const planned = planFor([a, b], outputs, donations);
    checkPlan(planned, outputs, donations);
    expect(planned.steps.filter(({ kind }) => kind === 'copy')).toHaveLength(1);
  });

  it('does not overwrite a donated input that is read in another order', () => {
    const a = input(spec([10, 10]), 'a');
    const outputs = fuse([add(a, transpose(a, [1, 0]))]);
    const donations = [{ input: a, output: 0 }];
    const planned = planFor([a], outputs, donations);
    checkPlan(planned, outputs, donations);
    expect(planned.steps.map(({ kind }) => kind)).toEqual(['dispatch', 'copy']);
  });

  it('returns inputs and literals as copies of their own', () => {
    const x = input(spec([2, 3]), 'x');
    const constant = literal(new Float32Array(6), [2, 3]);
    const outputs = [x, reshape(x, [6]), constant, relu(x)];
    const planned = planFor([x], outputs);
    checkPlan(planned, outputs, []);
    expect(new Set(planned.outputs.map(({ buffer }) => buffer)).size).toBe(4);
  });

  it('counts work and names kernels for people', () => {
    const x = input(spec([8, 4]), 'x');
    const [output] = fuse([relu(scale(x, 2))]);
    const { flops, steps, peakBytes } = planFor([x], [output]);
    expect(steps.map(({ label }) => label)).toEqual(['relu(scale(f32[8, 4], 2))']);
    expect(flops).toBe(64);
    expect(peakBytes).toBe(128);
  });

  it('refuses a tensor that the device cannot bind, before any memory is taken', () => {
    const x = input(spec([2 ** 25 + 4]), 'x');
    expect(() => planFor([x], [relu(x)])).toThrow(GpuOutOfMemoryError);
    expect(() => planFor([x], [relu(x)])).toThrow(/^input x f32\[33554436\]: needs a buffer of 134217744 bytes/);
  });

  it('puts every op of a graph in a step, once', () => {
    fc.assert(
      fc.property(randomGraph(), ({ inputs, outputs }) => {
        const run = new Set(
          planFor(inputs, outputs).steps.flatMap((step) => (step.kind === 'dispatch' ? [step.node] : [])),
        );
        const needed = reachable(outputs).filter(
          (node) => kernelOp(node).aliases === undefined && !inputs.includes(node),
        );
        expect(run).toEqual(new Set(needed));
      }),
      { numRuns: 100, seed: 3 },
    );
  });
});
