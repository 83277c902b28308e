import { describe, expect, it } from 'vitest';
import { Device } from '../../../src/engine/device/device.ts';
import { GpuOutOfMemoryError, GpuValidationError, ShapeError } from '../../../src/engine/errors.ts';
import { defineOp, literal, spec } from '../../../src/engine/graph/graph.ts';
import type { Node } from '../../../src/engine/graph/op.ts';
import { add, scale } from '../../../src/engine/ops/elementwise/elementwise.ts';
import { compile, evaluate } from '../../../src/engine/run/compile.ts';
import { useDevice } from '../../support/checkOp.ts';
import { runProgram } from '../../support/runProgram.ts';

const device = useDevice();

/** An op of one kernel whose WGSL is given. */
const withShader = (name: string, shader: string) =>
  defineOp({
    name,
    infer: ([x]) => x,
    derivative: null,
    kernel: ({ inputs: [x], output }) => ({ shader, entry: 'main', bind: { x, y: output }, grid: [1] }),
    cost: () => ({ flops: 0, bytes: 0 }),
  });

const bindings = `@group(0) @binding(0) var<storage, read> x: array<f32>;
  @group(0) @binding(1) var<storage, read_write> y: array<f32>;`;

describe('errors of the GPU', () => {
  it('a shader that does not compile is a GpuValidationError that names op, types and reason', async () => {
    const broken = withShader('broken', `${bindings} @compute @workgroup_size(1) fn main() { y[0] = x[0] + 1u; }`);
    const running = compile(({ x }) => ({ y: broken([x], {}) }), { x: spec([4]) }, { device: device() });
    await expect(running).rejects.toThrow(GpuValidationError);
    await expect(running).rejects.toThrow(/^broken\(f32\[4\]\): .*no matching overload for 'operator \+ \(f32, u32\)'/);
  });

  it('a kernel and its op that disagree about bindings say what each has', async () => {
    const shader = `${bindings.replace('var<storage, read> x', 'var<storage, read> z')}
      @compute @workgroup_size(1) fn main() { y[0] = z[0]; }`;
    const mismatched = withShader('mismatched', shader);
    await expect(
      compile(({ x }) => ({ y: mismatched([x], {}) }), { x: spec([4]) }, { device: device() }),
    ).rejects.toThrow('mismatched(f32[4]): entry main declares the bindings [z,y], the op supplies [x,y]');
  });

  it('a tensor beyond the binding limit is refused while planning, by name and size', async () => {
    const elements = device().capabilities.maxStorageBufferBindingSize / 4 + 4;
    const running = compile(
      ({ x }) => ({ y: scale(x, 2) }),
      { x: spec([elements]) },
      { device: device(), name: 'huge' },
    );
    await expect(running).rejects.toThrow(GpuOutOfMemoryError);
    await expect(running).rejects.toThrow(
      `input x f32[${elements}]: needs a buffer of ${4 * elements} bytes; this device binds at most`,
    );
  });

  it('memory beyond the budget is refused before the driver pretends to have it', () => {
    const { queue, profile } = device();
    const small = new Device(queue, { ...profile, capabilities: { ...profile.capabilities, memoryBudget: 1000 } });
    const first = small.zeros(spec([200]));
    expect(() => small.zeros(spec([100]))).toThrow(GpuOutOfMemoryError);
    expect(() => small.zeros(spec([100]))).toThrow(
      'tensor f32[100]: 400 bytes on top of 800 exceed the memory budget of 1000 bytes',
    );
    small.release(first.buffer);
    expect(small.zeros(spec([100])).bytes).toBe(400);
  });

  it('the watchdog names the kernel that does not end', async () => {
    const printed = await runProgram('test/support/programs/endless.ts', { OUTLAST_WAIT_LIMIT: '2' });
    expect(JSON.parse(printed)).toEqual({
      name: 'GpuTimeoutError',
      message: 'endless(f32[4]): the GPU did not finish within 2 s; a kernel may not terminate',
    });
  });

  it('no adapter is a DeviceError that says what to install', async () => {
    const printed = await runProgram('test/support/programs/noAdapter.ts', {
      VK_DRIVER_FILES: '/nonexistent.json',
      VK_ICD_FILENAMES: '/nonexistent.json',
    });
    expect(JSON.parse(printed)).toEqual({
      name: 'DeviceError',
      message:
        'no WebGPU adapter was found: install a Vulkan driver (on Linux `npm run prestart` does so in a checkout, and `npx outlast-setup` elsewhere)',
    });
  });
});

describe('compile and run', () => {
  it('refuses feeds of another type, naming the input', async () => {
    const sum = ({ a, b }: { readonly a: Node; readonly b: Node }) => ({ c: add(a, b) });
    const executable = await compile(sum, { a: spec([3]), b: spec([3]) }, { device: device() });
    const three = new Float32Array(3);
    expect(() => executable.run({ a: three, b: new Float32Array(4) })).toThrow(ShapeError);
    expect(() => executable.run({ a: three, b: new Float32Array(4) })).toThrow(
      'sum: input b is f32[3], not Float32Array of 4 elements',
    );
    expect(() => executable.run({ a: three, b: new Int32Array(3) })).toThrow('not Int32Array of 3 elements');
    expect(() => executable.run({ a: three, b: device().zeros(spec([2])) })).toThrow(
      'sum: input b is f32[3], not f32[2]',
    );
    executable.free();
    expect(() => executable.run({ a: three, b: three })).toThrow('run after free');
  });

  it('updates donated inputs in place, run after run', async () => {
    const step = await compile(
      ({ params, by }) => ({ params: { w: add(params.w, by), b: scale(params.b, 2) }, before: scale(params.w, 1) }),
      { params: { w: spec([3]), b: spec([2]) }, by: spec([3]) },
      { device: device(), donate: { params: 'params' } },
    );
    const w = device().tensor(Float32Array.of(1, 2, 3), [3]);
    const b = device().tensor(Float32Array.of(1, 10), [2]);
    const by = Float32Array.of(1, 1, 2);
    step.run({ params: { w, b }, by });
    const { params, before } = step.run({ params: { w, b }, by });
    expect(params.w.buffer).toBe(w.buffer);
    expect([...(await w.read())]).toEqual([3, 4, 7]);
    expect([...(await b.read())]).toEqual([4, 40]);
    expect([...(await before.read())]).toEqual([2, 3, 5]);
    expect(step.plan.steps.filter(({ kind }) => kind === 'copy')).toEqual([]);
    step.free();
  });

  it('exchanges two donated inputs', async () => {
    const swap = await compile(
      ({ pair }) => ({ pair: { a: pair.b, b: pair.a } }),
      { pair: { a: spec([2]), b: spec([2]) } },
      { device: device(), donate: { pair: 'pair' } },
    );
    const pair = { a: device().tensor(Float32Array.of(1, 2), [2]), b: device().tensor(Float32Array.of(3, 4), [2]) };
    swap.run({ pair });
    expect([...(await pair.a.read())]).toEqual([3, 4]);
    expect([...(await pair.b.read())]).toEqual([1, 2]);
    swap.free();
  });

  it('returns an input, and one value under two names', async () => {
    const same = await compile(
      ({ x }) => {
        const y = scale(x, 3);
        return { x, y, again: y };
      },
      { x: spec([2]) },
      { device: device() },
    );
    const { x, y, again } = same.run({ x: Float32Array.of(1, 2) });
    expect([...(await x.read())]).toEqual([1, 2]);
    expect([...(await y.read())]).toEqual([3, 6]);
    expect([...(await again.read())]).toEqual([3, 6]);
    same.free();
  });

  it('gives back all of its memory', async () => {
    const before = device().allocatedBytes;
    for (let i = 0; i < 3; i++) await evaluate([scale(literal(Float32Array.of(1, 2), [2]), 2)], device());
    expect(device().allocatedBytes).toBe(before);
  });
});
