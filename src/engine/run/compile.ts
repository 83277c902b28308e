import type { Device, Tensor } from '../device/device.ts';
import type { Platform } from '../device/platform.ts';
import { DeviceError, ShapeError } from '../errors.ts';
import type { Capabilities } from '../graph/capabilities.ts';
import type { DType, TypedArray } from '../graph/dtype.ts';
import { type Graph, reachable, trace } from '../graph/graph.ts';
import type { VariantChoice } from '../graph/op.ts';
import { isNode, type Node } from '../graph/op.ts';
import { print } from '../graph/print.ts';
import { isTensorType, type TensorType } from '../graph/shape.ts';
import { leaves, type MapTree, mapTree } from '../graph/tree.ts';
import type { PassContext } from '../passes/pass.ts';
import { applyPasses } from '../passes/passes.ts';
import { type Plan, plan } from '../plan/plan.ts';
import type { Donation } from '../plan/schedule.ts';
import { CompiledPlan, type Feed } from './executable.ts';

/** Feeds for a tree of inputs: for each leaf a host array or a tensor. */
export type Feeds<I> = MapTree<I, TensorType, Feed>;

/** A compiled function. */
export interface Executable<I, O> {
  readonly plan: Plan;
  /** Submits one run. The returned tensors are valid until the next run. @throws ShapeError on a wrong feed */
  run(feeds: Feeds<I>): MapTree<O, Node, Tensor>;
  /** Runs once, step by step: the device milliseconds of each of the plan's steps (see `submitTimed`). */
  time(feeds: Feeds<I>): Promise<number[]>;
  /** With `guarded`: throws if a kernel wrote behind the end of a buffer. */
  checkGuards(): Promise<void>;
  /** Frees everything the executable owns. */
  free(): void;
}

export interface CompileOptions {
  readonly device: Device;
  readonly name?: string;
  /** Plans as if the device could do something else: to run a kernel variant that this device would not choose. */
  readonly capabilities?: Partial<Capabilities>;
  /** Chooses among the variants of ops. */
  readonly variantOf?: VariantChoice;
  /** For tests: poison all memory before the first run and put guard words behind every buffer. */
  readonly guarded?: boolean;
  /** For the probes of number formats themselves: compiles without asking what they found. */
  readonly unproved?: true;
  /** Inputs whose tensors are overwritten with outputs: `{ params: 'params' }` updates parameters in place. */
  readonly donate?: Readonly<Record<string, string>>;
  /**
   * Inputs that seldom change, such as the weights of an inference: what depends on them and on literals alone is computed when they have
   * changed, and kept. They may change at any time, and no result shows it.
   */
  readonly constants?: readonly string[];
}

export interface PlanOptions extends PassContext, Pick<CompileOptions, 'name' | 'donate' | 'constants'> {}

const isFeed = (value: unknown): value is Feed =>
  ArrayBuffer.isView(value) || (isTensorType(value) && 'buffer' in value);

/**
 * Traces a function over the given types and compiles it for a device, as `jax.jit` does.
 *
 *     const step = await compile(({ x, w }) => ({ y: matmul(x, w) }), { x: spec([4, 8]), w: spec([8, 2]) }, { device });
 *     const { y } = step.run({ x: new Float32Array(32), w });
 *     console.log(await y.read());
 *
 * @throws ShapeError from tracing; GpuOutOfMemoryError when it cannot fit; GpuValidationError naming the kernel
 */
export async function compile<I, O>(
  fn: (inputs: MapTree<I, TensorType, Node>) => O,
  specs: I,
  options: CompileOptions,
): Promise<Executable<I, O>> {
  const graph = trace(fn, specs, options.name);
  const { device } = options;
  const formats = options.unproved === true ? {} : await provedFormats(device, graph);
  const capabilities = { ...device.capabilities, ...formats, ...options.capabilities };
  // What was measured on the device says nothing about another one's kernels.
  const measured = options.capabilities === undefined ? device.profile.tuning?.variantOf : undefined;
  const variantOf = options.variantOf ?? measured;
  const kernels = toKernels(graph, { capabilities, variantOf }, device.platform);
  const compiled = planGraph(kernels, capabilities, { ...options, variantOf });
  if (device.platform.debug >= 1) device.platform.print(summary(compiled));
  const types = leaves(graph.outputs, isNode).map(({ leaf }) => leaf);
  const inputs = leaves(graph.inputs, isNode);
  const constants = inputs.flatMap(({ path }, i) => (isWithin(path, options.constants ?? []) ? [i] : []));
  const executable = new CompiledPlan(device, compiled, types, options.guarded ?? false, constants);
  await device.settle(`compiling ${graph.name}`).catch((error: unknown) => {
    executable.free();
    throw error;
  });
  const names = inputs.map(({ path }) => path);
  const inOrder = (feeds: Feeds<I>): Feed[] => {
    const byPath = new Map(leaves(feeds, isFeed).map(({ path, leaf }) => [path, leaf]));
    const feed = names.map((path) => byPath.get(path) as Feed);
    const unknown = byPath.size > names.length ? [...byPath.keys()].find((path) => !names.includes(path)) : undefined;
    if (unknown !== undefined) throw new ShapeError(`${graph.name} has no input ${unknown}`);
    return feed;
  };
  return {
    plan: compiled,
    run: (feeds) => {
      const tensors = executable.run(inOrder(feeds));
      let next = 0;
      return mapTree(graph.outputs, isNode, () => tensors[next++]);
    },
    time: (feeds) => executable.time(inOrder(feeds)),
    checkGuards: () => executable.checkGuards(),
    free: () => executable.free(),
  };
}

/**
 * Number formats that not every adapter computes as they should be are probed before they are first used.
 * @returns what kernels need to know of them
 * @throws DeviceError when the adapter's f32x2 or f16 is wrong
 */
async function provedFormats<I, O>(
  device: Device,
  { name, outputs }: Graph<I, O>,
): Promise<Pick<Capabilities, 'f16Storage'>> {
  const nodes = reachable(leaves(outputs, isNode).map(({ leaf }) => leaf));
  const uses = (format: DType) =>
    nodes.some(({ dtype, attributes }) => dtype === format || Object.values(attributes).includes(format));
  const needed = (['f32x2', 'f16'] as const).filter(uses);
  if (needed.length === 0) return {};
  const proved = await device.profile.precisions();
  for (const format of needed)
    if (!proved[format])
      throw new DeviceError(`${name}: ${device.adapter.name} does not compute ${format} as it should; use f32 or f64`);
  return { f16Storage: proved.f16 ?? undefined };
}

/** The graph of what will run; with `debug` 2 a platform prints what each pass came to, with 3 also each graph. */
function toKernels<I, O>(graph: Graph<I, O>, context: PassContext, platform?: Platform): Graph<I> {
  const returning = (nodes: readonly Node[]): Graph<I> => {
    let next = 0;
    return { ...graph, outputs: mapTree(graph.outputs, isNode, () => nodes[next++]) };
  };
  const { debug = 0, print: show = () => {} } = platform ?? {};
  if (debug >= 3) show(print(graph));
  const traced = leaves(graph.outputs, isNode).map(({ leaf }) => leaf);
  const outputs = applyPasses(traced, context, ({ name }, nodes, milliseconds) => {
    if (debug >= 2) show(`${graph.name}: ${name}, ${reachable(nodes).length} nodes, ${milliseconds.toFixed(1)} ms`);
    if (debug >= 3) show(print(returning(nodes)));
  });
  return returning(outputs);
}

/**
 * What `compile` would run, and the memory that it would take, found without a device.
 * @throws ShapeError from tracing; GpuOutOfMemoryError when the capabilities allow no buffer of a size that is needed
 */
export function planFunction<I, O>(
  fn: (inputs: MapTree<I, TensorType, Node>) => O,
  specs: I,
  { name, capabilities, ...options }: PlanOptions,
): Plan {
  const kernels = toKernels(trace(fn, specs, name), { capabilities, variantOf: options.variantOf });
  return planGraph(kernels, capabilities, options);
}

function planGraph<I, O>(
  graph: Graph<I, O>,
  capabilities: Capabilities,
  { donate = {}, variantOf, constants }: Pick<CompileOptions, 'donate' | 'variantOf' | 'constants'>,
): Plan {
  const outputs = leaves(graph.outputs, isNode);
  const inputs = leaves(graph.inputs, isNode);
  for (const name of constants ?? []) {
    if (!Object.hasOwn(graph.inputs as object, name))
      throw new ShapeError(`constants: ${graph.name} has no input ${name}`);
    if (Object.hasOwn(donate, name)) throw new ShapeError(`constants: ${graph.name} overwrites its input ${name}`);
  }
  const donations: Donation[] = Object.entries(donate).flatMap(([from, to]) => {
    const parts = inputs.filter(({ path }) => isWithin(path, [from]));
    if (parts.length === 0 && !Object.hasOwn(graph.inputs as object, from))
      throw new ShapeError(`donate: ${graph.name} has no input ${from}`);
    return parts.map(({ path, leaf }) => {
      const target = outputs.findIndex((output) => output.path === `${to}${path.slice(from.length)}`);
      if (target === -1) throw new ShapeError(`donate: ${graph.name} has no output ${to}${path.slice(from.length)}`);
      return { input: leaf, output: target };
    });
  });
  return plan({
    name: graph.name,
    inputs: inputs.map(({ leaf }) => leaf),
    outputs: outputs.map(({ leaf }) => leaf),
    donations,
    capabilities,
    variantOf,
    constants: constants && inputs.filter(({ path }) => isWithin(path, constants)).map(({ leaf }) => leaf),
  });
}

/** Whether an input of this path is one of these, or a part of one. */
const isWithin = (path: string, names: readonly string[]): boolean =>
  names.some((name) => path === name || path.startsWith(`${name}.`));

function summary({ name, steps, peakBytes, flops }: Plan): string {
  const mebibytes = (peakBytes / 2 ** 20).toFixed(1);
  return `${name}: ${steps.length} steps, ${mebibytes} MiB, ${(flops / 1e9).toFixed(3)} GFLOP`;
}

/**
 * Computes nodes that depend on no inputs, for tests and for trying things out.
 * @returns the host array of each node
 */
export async function evaluate(nodes: readonly Node[], device: Device): Promise<TypedArray[]> {
  const executable = await compile(() => [...nodes], {}, { device, name: 'evaluate' });
  try {
    const outputs = executable.run({});
    const arrays: TypedArray[] = [];
    for (const tensor of outputs) arrays.push(await tensor.read());
    return arrays;
  } finally {
    executable.free();
  }
}
