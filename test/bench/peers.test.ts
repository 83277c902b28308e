import { describe, expect, it } from 'vitest';
import { comparedWorkloads, comparePeers, type System } from '../../bench/peers.ts';
import { fakeSystem, fakeWorkload } from '../support/fakeSystems.ts';

const roofline = { gflops: 200, gbs: 10 };

async function compare(ours: System, peers: readonly System[], rounds = 3) {
  const lines: string[] = [];
  const say = (line: string) => lines.push(line);
  const compared = await comparePeers({ ours, peers, workloads: [fakeWorkload], rounds, roofline, say });
  return { ...compared, lines };
}

describe('comparePeers', () => {
  it('gives rates, shares of the roofline, and the median of the ratios of the rounds', async () => {
    // 2 GFLOP in 20, 40 and 25 ms are 100, 50 and 80 GFLOP/s. Theirs are 10, 4 and 8 times as long.
    const { rows, ratios, lines } = await compare(fakeSystem('outlast', [20, 40, 25]), [
      fakeSystem('jax-js', [200, 160, 200]),
    ]);
    expect(rows).toEqual([
      {
        workload: 'W1',
        system: 'outlast',
        metric: 'GFLOP/s',
        median: 80,
        min: 50,
        max: 100,
        runs: 3,
        roofline: 0.4,
        processor: 50,
      },
      {
        workload: 'W1',
        system: 'jax-js',
        metric: 'GFLOP/s',
        median: 10,
        min: 10,
        max: 12.5,
        runs: 3,
        roofline: 0.05,
        processor: 400,
      },
    ]);
    expect(ratios).toEqual([
      {
        workload: 'W1',
        system: 'outlast',
        against: 'jax-js',
        ratio: 8,
        min: 4,
        max: 10,
        processor: 8,
        version: '1.2.3',
      },
    ]);
    expect(lines).toEqual([]);
  });

  it('leaves out the rounds in which other programs ran, of a system that only counts alone, and pairs the others', async () => {
    const busy = fakeSystem('pytorch-cpu', [30, 900, 20], { onlyAlone: true, others: [0.05, 0.8, 0.1] });
    const { rows, ratios, lines } = await compare(fakeSystem('outlast', [10, 10, 20], { others: [2, 2, 2] }), [busy]);
    expect(rows.map(({ system, runs }) => [system, runs])).toEqual([
      ['outlast', 3],
      ['pytorch-cpu', 2],
    ]);
    expect(ratios).toMatchObject([{ ratio: 2, min: 1, max: 3, processor: 2 }]);
    expect(lines).toEqual([
      'pytorch-cpu: W1: 1 of 3 rounds do not count, as other programs used more than 0.1 processors meanwhile and its threads wait for one another in busy loops',
    ]);
    const never = fakeSystem('pytorch-cpu', [900], { onlyAlone: true, others: [1] });
    expect(await compare(fakeSystem('outlast', [10]), [never], 1)).toMatchObject({ ratios: [], rows: [{ runs: 1 }] });
  });

  it('starts everything first, then takes turns in a turning order, and stops everything', async () => {
    const log: string[] = [];
    await comparePeers({
      ours: fakeSystem('outlast', [1, 1], { log }),
      peers: [fakeSystem('jax-js', [1, 1], { log })],
      workloads: [fakeWorkload],
      rounds: 2,
      roofline,
      say: () => {},
      onReady: ({ name }, systems) => log.push(`${name}: ${systems} ready`),
    });
    expect(log).toEqual([
      'outlast starts W1',
      'jax-js starts W1',
      'W1: outlast,jax-js ready',
      'outlast times',
      'jax-js times',
      'jax-js times',
      'outlast times',
      'outlast stops',
      'jax-js stops',
    ]);
  });

  it('a system that does not start or fails on the way is one line, and the rest goes on', async () => {
    const { rows, ratios, lines } = await compare(fakeSystem('outlast', [10, 10, 10]), [
      fakeSystem('absent', [new Error('no adapter')]),
      fakeSystem('frail', [20, new Error('device lost'), 20]),
      fakeSystem('sound', [30, 30, 30]),
      fakeSystem('unable', [1, 1, 1], { runs: false }),
    ]);
    expect(lines).toEqual(['absent: W1: no adapter', 'frail: W1: device lost']);
    expect(rows.map(({ system, runs }) => [system, runs])).toEqual([
      ['outlast', 3],
      ['frail', 1],
      ['sound', 3],
    ]);
    expect(ratios.map(({ against, ratio }) => [against, ratio])).toEqual([
      ['frail', 2],
      ['sound', 3],
    ]);
  });

  it('pairs the rounds that both have when outlast fails, and has nothing to say without outlast', async () => {
    const failing = fakeSystem('outlast', [10, new Error('lost'), 10]);
    const { ratios } = await compare(failing, [fakeSystem('jax-js', [20, 90, 90])]);
    expect(ratios).toMatchObject([{ ratio: 2, min: 2, max: 2 }]);
    const absent = await compare(fakeSystem('outlast', [new Error('lost')]), [fakeSystem('jax-js', [1, 1, 1])]);
    expect(absent).toEqual({ rows: [], ratios: [], loads: [], lines: ['outlast: W1: lost'] });
  });

  it('tells of a system that computes something else', async () => {
    const { lines } = await compare(fakeSystem('outlast', [1, 1, 1], { value: -2 }), [
      fakeSystem('rounding', [1, 1, 1], { value: -2.001 }),
      fakeSystem('other', [1, 1, 1], { value: -2.01 }),
      fakeSystem('broken', [1, 1, 1], { value: Number.NaN }),
    ]);
    expect(lines).toEqual([
      'other: W1: computes -2.01 where outlast computes -2',
      'broken: W1: computes NaN where outlast computes -2',
    ]);
  });

  it('compares on the eight workloads', () => {
    expect(comparedWorkloads.map(({ name }) => name)).toEqual(['W1', 'W2f', 'W2fb', 'W3', 'W5m', 'W5', 'W4m', 'W4']);
  });
});
