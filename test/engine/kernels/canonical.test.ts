import { expect, test } from 'vitest';
import { canonicalWgsl } from '../../../src/engine/kernels/canonical.ts';

const code = `// What it is.
enable subgroups;

struct Sizes {
  size: u32,  // elements
}
const table = array<f32, 2>(1.0, 2.0);
@group(0) @binding(0) var<uniform> sizes: Sizes;
fn f(x: f32) -> f32 { if (x > 0.0) { return x; } return -x; }`;

test('comments, white space and the order of declarations do not count', () => {
  const other = `enable subgroups;
@group(0) @binding(0)
var<uniform> sizes: Sizes;
fn f(x: f32) -> f32 {
  // Otherwise said.
  if (x > 0.0) { return x; }
  return -x;
}
const table = array<f32, 2>(1.0, 2.0); struct Sizes { size: u32, }`;
  expect(canonicalWgsl(other)).toBe(canonicalWgsl(code));
  expect(canonicalWgsl(code).split('\n')).toHaveLength(5);
});

test.each([
  [
    'the order of statements',
    code.replace('if (x > 0.0) { return x; } return -x;', 'return -x; if (x > 0.0) { return x; }'),
  ],
  ['a name', code.replace('size: u32', 'length: u32')],
  ['a number', code.replace('2.0)', '3.0)')],
  ['a declaration', code.replace('enable subgroups;', '')],
])('%s does', (_, other) => {
  expect(other).not.toBe(code);
  expect(canonicalWgsl(other)).not.toBe(canonicalWgsl(code));
});
