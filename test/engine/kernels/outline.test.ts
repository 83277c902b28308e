import { expect, test } from 'vitest';
import { outlineOf } from '../../../src/engine/kernels/outline.ts';

const code = `
struct Sizes { rows: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
var<workgroup> shared_: array<f32, 64>;

fn twice(v: f32) -> f32 { return 2.0 * v; }
fn product(y: f32, z: f32) -> f32 { let sizes = y; return sizes * z + x[0].x; }
fn outer() { /* y } */ if (sizes.rows > 1u) { twice(x[0].y); } } // x }
@compute @workgroup_size(64) fn main() { let twice = 1.0; outer(); }
`;

test('declarations stay, and of bodies the variables and functions that they name', () => {
  expect(outlineOf(code)).toBe(`
struct Sizes { rows: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
var<workgroup> shared_: array<f32, 64>;

fn twice(v: f32) -> f32 {}
fn product(y: f32, z: f32) -> f32 {_ = x;}
fn outer() {_ = sizes;twice();_ = x;} // x }
@compute @workgroup_size(64) fn main() {outer();}
`);
});

test('what has no function is left as it is', () => {
  expect(outlineOf('const A = 1u; // fn {\nstruct S { a: u32 }\n')).toBe(
    'const A = 1u; // fn {\nstruct S { a: u32 }\n',
  );
});
