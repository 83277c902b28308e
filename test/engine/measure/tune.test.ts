import { describe, expect, it } from 'vitest';
import { Device } from '../../../src/engine/device/device.ts';
import { GpuError } from '../../../src/engine/errors.ts';
import { spec } from '../../../src/engine/graph/graph.ts';
import type { Node } from '../../../src/engine/graph/op.ts';
import { kernelText, remembered, tuningProblems } from '../../../src/engine/measure/choices.ts';
import { tune } from '../../../src/engine/measure/tune.ts';
import { conv2d } from '../../../src/engine/ops/conv2d/conv2d.ts';
import { matmul } from '../../../src/engine/ops/matmul/matmul.ts';
import { compile, planFunction } from '../../../src/engine/run/compile.ts';
import { useDevice } from '../../support/checkOp.ts';
import { type Bodies, double, doubling, rightBody } from '../../support/variantsOfDouble.ts';

const device = useDevice();

/** A clock by which a run of each variant takes so many milliseconds. */
const clock = (milliseconds: Readonly<Record<string, number>>) => ({
  stopwatch: async (variant: string, times: number, work: () => Promise<void>) => {
    await work();
    return times * milliseconds[variant];
  },
});

/** Different text, same result: a driver's cache must not matter. */
const alsoRight = 'y[i] = 2.0 * x[i];';

describe('tune', () => {
  it('chooses the quickest variant', async () => {
    const problem = doubling(device(), { standard: rightBody, slow: alsoRight, quick: alsoRight });
    const milliseconds = { standard: 10, slow: 80, quick: 4 };
    expect(await tune(device(), problem, clock(milliseconds))).toEqual({
      key: 'double(f32[100]) {}',
      variant: 'quick',
      milliseconds,
      settled: true,
      rejected: [],
    });
  });

  it('stays with the default unless another one is at least 5 % quicker', async () => {
    const problem = doubling(device(), { standard: rightBody, other: alsoRight });
    const chosen = async (other: number) => (await tune(device(), problem, clock({ standard: 100, other }))).variant;
    expect(await chosen(96)).toBe('standard');
    expect(await chosen(94)).toBe('other');
  });

  it('takes the best of several timings of each, in turns, until two of each agree', async () => {
    const problem = doubling(device(), { standard: rightBody, other: alsoRight });
    const log: string[] = [];
    // Three of four timings of a variant fall into slow moments: after eight rounds two have not.
    const stopwatch = async (variant: string, times: number) => {
      log.push(variant);
      const slowed = log.filter((each) => each === variant).length % 4 === 1 ? 1 : 7;
      return times * slowed * (variant === 'standard' ? 100 : 90);
    };
    expect((await tune(device(), problem, { stopwatch })).milliseconds).toEqual({ standard: 100, other: 90 });
    const [, , ...rounds] = log;
    expect(rounds).toEqual(Array.from({ length: 8 }, () => ['standard', 'other']).flat());
  });

  it('keeps the default where timings never agree', async () => {
    const problem = doubling(device(), { standard: rightBody, other: alsoRight });
    let timings = 0;
    const stopwatch = async (variant: string, times: number) =>
      times * (variant === 'standard' ? 1000 : 1000 / 1.2 ** ++timings);
    expect(await tune(device(), problem, { stopwatch })).toMatchObject({ variant: 'standard', settled: false });
  });

  it.each([
    [
      'is wrong everywhere',
      'y[i] = x[i];',
      /^it differs from the default by up to 2, at element \d+, where the default gives -?4$/,
    ],
    ['is wrong in one element', 'y[i] = select(2.0 * x[i], 9.0, i == 99u);', /^it differs .* at element 99, /],
    ['writes not every element', 'if (i != 50u) { y[i] = 2.0 * x[i]; }', /by up to Infinity, at element 50/],
    ['writes behind the end', 'y[i] = 2.0 * x[i]; if (i == 0u) { y[101] = 1.0; }', /a kernel wrote .* behind the end/],
    ['does not compile', 'y[i] = 2u * x[i];', /^double.*no matching overload/],
  ])('never uses a variant that %s, however quick, and says why', async (_, body, reason) => {
    const problem = doubling(device(), { standard: rightBody, wrong: body, other: alsoRight });
    const tuned = await tune(device(), problem, clock({ standard: 100, wrong: 1, other: 50 }));
    expect(tuned.variant).toBe('other');
    expect(tuned.milliseconds).toEqual({ standard: 100, other: 50 });
    expect(tuned.rejected).toEqual([{ variant: 'wrong', reason: expect.stringMatching(reason) }]);
  });

  it('allows for rounding', async () => {
    const problem = doubling(device(), { standard: rightBody, rounded: 'y[i] = 2.0 * x[i] * (1.0 + 0x1p-16f);' });
    expect((await tune(device(), problem, clock({ standard: 100, rounded: 50 }))).variant).toBe('rounded');
  });

  it('throws when the default itself cannot run', async () => {
    const problem = doubling(device(), { standard: 'y[i] = 2u * x[i];', other: rightBody });
    await expect(tune(device(), problem, clock({ standard: 1, other: 1 }))).rejects.toThrow(GpuError);
  });

  it('gives all memory back', async () => {
    const before = device().allocatedBytes;
    await tune(device(), doubling(device(), { standard: rightBody, wrong: 'y[i] = 0.0;', other: alsoRight }));
    expect(device().allocatedBytes).toBe(before);
  });
});

describe('choices', () => {
  it('a plan poses each problem once, and none where there is one way to compute', () => {
    const { capabilities } = device();
    const problems = (bodies: Bodies) => {
      const op = double(bodies);
      const plan = planFunction(
        ({ x, z }) => ({ y: op([op([x], {})], {}), z: op([z], {}) }),
        { x: spec([4]), z: spec([5]) },
        { capabilities },
      );
      return tuningProblems(plan.steps, capabilities).map(({ key, variants }) => [key, variants]);
    };
    expect(problems({ a: rightBody, b: alsoRight })).toEqual([
      ['double(f32[4]) {}', ['a', 'b']],
      ['double(f32[5]) {}', ['a', 'b']],
    ]);
    expect(problems({ a: rightBody })).toEqual([]);
  });

  it('decide what a device runs, until its kernels change', async () => {
    const bodies = { standard: rightBody, tripled: 'y[i] = 3.0 * x[i];' };
    const { capabilities } = device();
    const problem = doubling(device(), bodies, 3);
    const choices = { [problem.key]: { variant: 'tripled', kernels: kernelText(problem, capabilities) } };
    const result = async (changed: Bodies) => {
      const op = double(changed);
      const tuning = { variantOf: remembered(choices, capabilities, (text) => text), identity: 'test' };
      const tuned = new Device(device().queue, { ...device().profile, tuning });
      const executable = await compile(({ x }) => ({ y: op([x], {}) }), { x: spec([3]) }, { device: tuned });
      const { y } = executable.run({ x: Float32Array.of(1, 2, 3) });
      return [...(await y.read())];
    };
    expect(await result(bodies)).toEqual([3, 6, 9]);
    expect(await result({ ...bodies, standard: alsoRight })).toEqual([2, 4, 6]);
    expect(await result({ standard: rightBody })).toEqual([2, 4, 6]);
  });

  it.each([
    ['of a product', ([a, b]: Node[]) => matmul(a, b), [spec([40, 70]), spec([70, 50])]],
    [
      'of a convolution of f32x2',
      ([x, weight]: Node[]) => conv2d(x, weight, { padding: 1 }),
      [spec([2, 8, 6, 6], 'f32x2'), spec([8, 3, 3, 8], 'f32x2')],
    ],
  ] as const)('real variants %s agree with their default and one of them is chosen', async (_, build, operands) => {
    const { capabilities } = device();
    const plan = planFunction(({ inputs }) => ({ y: build([...inputs]) }), { inputs: operands }, { capabilities });
    const [problem] = tuningProblems(plan.steps, capabilities);
    const tuned = await tune(device(), problem);
    expect(tuned.rejected).toEqual([]);
    expect(problem.variants.length).toBeGreaterThan(1);
    expect(problem.variants).toContain(tuned.variant);
    expect(Object.keys(tuned.milliseconds)).toEqual([...problem.variants]);
  });
});
