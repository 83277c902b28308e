// Rows of f32 as codes of the format T and back, and as the numbers of that format. A row begins with a word of its
// own. With SCALED a row has a power of two by which its numbers are multiplied before they become codes.
#needs T = f8e4m3
// Bytes of a number of the format T.
#needs BYTES = 1
#needs LANES = 64
#const WHOLE = 1
#const SCALED = 1
#use "parts/grid.wgsl"
#if BYTES == 1
#use "precision/${T}.wgsl"
#else
#use "quantise/f16.wgsl"
#end

struct Sizes {
  rows: u32,
  length: u32,
  // Groups of four elements of a row, and words of a row of codes.
  groups: u32,
  pitch: u32,
  // Parts of a row, and groups of a part.
  parts: u32,
  partGroups: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
#if WHOLE
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
#else
@group(0) @binding(1) var<storage, read> x: array<f32>;
#end
@group(0) @binding(2) var<storage, read> codes: array<u32>;
@group(0) @binding(3) var<storage, read> factors: array<f32>;
@group(0) @binding(4) var<storage, read_write> words: array<u32>;
#if WHOLE
@group(0) @binding(5) var<storage, read_write> y: array<vec4f>;
#else
@group(0) @binding(5) var<storage, read_write> y: array<f32>;
#end

// Groups of four that an invocation computes: every LANES-th of a part of a row.
struct Task {
  row: u32,
  first: u32,
  end: u32,
}

fn task_of(group: vec3u, groups: vec3u, lane: u32) -> Task {
  let at = workgroup_of(group, groups);
  let row = at / sizes.parts;
  let start = (at % sizes.parts) * sizes.partGroups;
  let end = min(start + sizes.partGroups, sizes.groups);
  return Task(row, start + lane, select(0u, end, row < sizes.rows));
}

fn read_four(row: u32, four: u32) -> vec4f {
#if WHOLE
  return x[row * sizes.groups + four];
#else
  let first = row * sizes.length;
  var value = vec4f();
#for k in 0..4
  if (4u * four + ${k}u < sizes.length) { value[${k}] = x[first + 4u * four + ${k}u]; }
#end
  return value;
#end
}

fn write_four(row: u32, four: u32, value: vec4f) {
#if WHOLE
  y[row * sizes.groups + four] = value;
#else
  let first = row * sizes.length;
#for k in 0..4
  if (4u * four + ${k}u < sizes.length) { y[first + 4u * four + ${k}u] = value[${k}]; }
#end
#end
}

fn factor_of(row: u32) -> f32 {
#if SCALED
  return factors[row];
#else
  return 1.0;
#end
}

// The numbers of four codes: one word of f8, two of f16.
fn decoded(first: u32, second: u32) -> vec4f {
#if BYTES == 1
  return vec4f(${T}_decode(first, 0u), ${T}_decode(first, 1u), ${T}_decode(first, 2u), ${T}_decode(first, 3u));
#else
  return four_of_f16(vec2u(first, second));
#end
}

fn encoded(value: vec4f) -> vec2u {
#if BYTES == 1
  let code = vec4u(${T}_code(value.x), ${T}_code(value.y), ${T}_code(value.z), ${T}_code(value.w));
  return vec2u(code.x | (code.y << 8u) | (code.z << 16u) | (code.w << 24u), 0u);
#else
  return f16_of_four(value);
#end
}

@compute @workgroup_size(${LANES})
fn quantise(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let task = task_of(group, groups, lane);
  let factor = factor_of(task.row);
  let first_word = task.row * sizes.pitch;
  for (var four = task.first; four < task.end; four += ${LANES}u) {
    let code = encoded(read_four(task.row, four) * factor);
    words[first_word + four * ${BYTES}u] = code.x;
#if BYTES == 2
    if (four * 2u + 1u < sizes.pitch) { words[first_word + four * 2u + 1u] = code.y; }
#end
  }
}

@compute @workgroup_size(${LANES})
fn dequantise(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let task = task_of(group, groups, lane);
  let inverse = 1.0 / factor_of(task.row);
  let first_word = task.row * sizes.pitch;
  for (var four = task.first; four < task.end; four += ${LANES}u) {
#if BYTES == 1
    let value = decoded(codes[first_word + four], 0u);
#else
    let value = decoded(codes[first_word + 2u * four], codes[first_word + min(2u * four + 1u, sizes.pitch - 1u)]);
#end
    write_four(task.row, four, value * inverse);
  }
}

@compute @workgroup_size(${LANES})
fn round_to(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let task = task_of(group, groups, lane);
  let factor = factor_of(task.row);
  let inverse = 1.0 / factor;
  for (var four = task.first; four < task.end; four += ${LANES}u) {
    let code = encoded(read_four(task.row, four) * factor);
    write_four(task.row, four, decoded(code.x, code.y) * inverse);
  }
}
