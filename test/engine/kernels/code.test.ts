import { expect, test } from 'vitest';
import { kernelCode, kernelLines, listingOf } from '../../../src/engine/kernels/code.ts';
import shader from '../../../src/shaders/select/indexSelect.wgsl';

test('a shader finds what it uses, and lines say where they stand', () => {
  const lines = kernelLines({ shader, constants: { T: 'f64' } });
  expect(lines[0].file).toBe('select/indexSelect.wgsl');
  const files = new Set(lines.map(({ file }) => file));
  expect(files).toContain('precision/f64.arithmetic.wgsl');
  const at = shader.split('\n').indexOf('struct Sizes {') + 1;
  expect(listingOf(lines)).toContain(`\n// select/indexSelect.wgsl\n`);
  expect(listingOf(lines)).toContain(`\n${String(at).padStart(5)}  struct Sizes {\n`);
});

test('a shader of a library user may use the same files', () => {
  expect(kernelCode({ shader: '#use "parts/scalars.wgsl"' })).toContain('alias F = f32;');
});
