// Sizes and operands of a matrix product of f32 by tiles in registers.
// 1: rows and columns are loaded four at a time, from packed operands; 0: one at a time, through the operands' strides.
#needs VEC4 = 1
#use "matmul/sizes.wgsl"

#if VEC4
@group(0) @binding(1) var<storage, read> a: array<vec4f>;
@group(0) @binding(2) var<storage, read> b: array<vec4f>;
#else
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
#end
@group(0) @binding(3) var<storage, read_write> output: array<f32>;
