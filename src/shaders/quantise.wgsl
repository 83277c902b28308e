// Rows of f32 as codes of the format T and back, and as the numbers of that format. An invocation computes four elements; a row begins
// with a word of its own. With SCALED a row has a power of two by which its numbers are multiplied before they become codes.
// Linked with the module of T.
#const WHOLE = 1
#const SCALED = 1

struct Sizes {
  rows: u32,
  length: u32,
  // Groups of four elements of a row, and words of a row of codes.
  groups: u32,
  pitch: u32,
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

struct Place {
  row: u32,
  four: u32,
  valid: bool,
}

fn place_of(group: vec3u, groups: vec3u, lane: u32) -> Place {
  let at = (group.y * groups.x + group.x) * 64u + lane;
  let row = at / sizes.groups;
  return Place(row, at % sizes.groups, row < sizes.rows);
}

fn read_four(place: Place) -> vec4f {
#if WHOLE
  return x[place.row * sizes.groups + place.four];
#else
  let first = place.row * sizes.length;
  var value = vec4f();
#for k in 0..4
  if (4u * place.four + ${k}u < sizes.length) { value[${k}] = x[first + 4u * place.four + ${k}u]; }
#end
  return value;
#end
}

fn write_four(place: Place, value: vec4f) {
#if WHOLE
  y[place.row * sizes.groups + place.four] = value;
#else
  let first = place.row * sizes.length;
#for k in 0..4
  if (4u * place.four + ${k}u < sizes.length) { y[first + 4u * place.four + ${k}u] = value[${k}]; }
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
  return vec4f(unpack2x16float(first), unpack2x16float(second));
#end
}

fn encoded(value: vec4f) -> vec2u {
  let code = vec4u(${T}_code(value.x), ${T}_code(value.y), ${T}_code(value.z), ${T}_code(value.w));
#if BYTES == 1
  return vec2u(code.x | (code.y << 8u) | (code.z << 16u) | (code.w << 24u), 0u);
#else
  return vec2u(code.x | (code.y << 16u), code.z | (code.w << 16u));
#end
}

@compute @workgroup_size(64)
fn quantise(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let place = place_of(group, groups, lane);
  if (!place.valid) { return; }
  let code = encoded(read_four(place) * factor_of(place.row));
  let word = place.row * sizes.pitch + place.four * ${BYTES}u;
  words[word] = code.x;
#if BYTES == 2
  if (place.four * 2u + 1u < sizes.pitch) { words[word + 1u] = code.y; }
#end
}

@compute @workgroup_size(64)
fn dequantise(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let place = place_of(group, groups, lane);
  if (!place.valid) { return; }
  let word = place.row * sizes.pitch + place.four * ${BYTES}u;
#if BYTES == 1
  let value = decoded(codes[word], 0u);
#else
  let value = decoded(codes[word], codes[min(word + 1u, place.row * sizes.pitch + sizes.pitch - 1u)]);
#end
  write_four(place, value / factor_of(place.row));
}

@compute @workgroup_size(64)
fn round_to(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let place = place_of(group, groups, lane);
  if (!place.valid) { return; }
  let factor = factor_of(place.row);
  let code = encoded(read_four(place) * factor);
  write_four(place, decoded(code.x, code.y) / factor);
}
