import { elements } from '../../src/engine/graph.ts';
import type { HostWeights, Model, Specs } from '../../src/models/model.ts';
import { fromPyTorch } from '../../src/models/stateDict.ts';

/** The network, images and labels of `test/fixtures/peers/fixture.json`; see the README there. */

export const FIXTURE_BATCH = 8;
const SIDE = 28;
const CLASSES = 10;

function hash(seed: number, i: number): number {
  let x = (Math.imul(i, 2654435761) + Math.imul(seed, 40503)) >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

const fill = (seed: number, count: number, scale: number) =>
  Float32Array.from({ length: count }, (_, i) => ((hash(seed, i) / 2 ** 32) * 2 - 1) * scale);

/** The weight's position among all parameters is the seed of its values. */
export function fixtureWeights(model: Model): HostWeights {
  const constant = (specs: Specs) =>
    Object.entries(specs).map(([name, { shape }]) => {
      const one = name.endsWith('running_var') || (shape.length === 1 && name.endsWith('.weight'));
      return [name, new Float32Array(elements(shape)).fill(one ? 1 : 0)] as const;
    });
  const drawn = Object.entries(model.parameters).flatMap(([name, spec], seed) => {
    const size = elements(spec.shape);
    if (spec.layout === 'conv') {
      const fanIn = size / spec.shape[3];
      return [[name, fromPyTorch(spec, fill(seed, size, Math.sqrt(6 / fanIn)))] as const];
    }
    return name === 'fc.weight' ? [[name, fill(seed, size, Math.sqrt(1 / spec.shape[1]))] as const] : [];
  });
  return {
    parameters: Object.fromEntries([...constant(model.parameters), ...drawn]),
    state: Object.fromEntries(constant(model.state)),
  };
}

export const fixtureImages = () => fill(1000, FIXTURE_BATCH * SIDE * SIDE, 1);

export const fixtureLabels = () => Int32Array.from({ length: FIXTURE_BATCH }, (_, i) => hash(2000, i) % CLASSES);
