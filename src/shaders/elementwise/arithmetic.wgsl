// One operation of the format T on elements of tensors of the same shape. An invocation computes the PLACES elements of one word.
#needs T = f32
#needs PLACES = 1
#needs OPERATION = add
#use "parts/grid.wgsl"
#use "precision/${T}.wgsl"
#const BINARY = 1
#const COMPARISON = 0

struct Sizes {
  size: u32,
  zero: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> a: array<${T}_stored>;
#if BINARY
@group(0) @binding(2) var<storage, read> b: array<${T}_stored>;
#end
#if COMPARISON
@group(0) @binding(3) var<storage, read_write> y: array<u32>;
#else
@group(0) @binding(3) var<storage, read_write> y: array<${T}_stored>;
#end

@compute @workgroup_size(64)
fn arithmetic(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let word = element(group, groups, lane);
  if (word * ${PLACES}u >= sizes.size) { return; }
  ${T}_begin(sizes.zero);
  let left = a[word];
#if BINARY
  let right = b[word];
#end
  var result = ${T}_stored(0);
#for place in 0..PLACES
  if (word * ${PLACES}u + ${place}u < sizes.size) {
#if BINARY
    let value = ${T}_${OPERATION}(${T}_decode(left, ${place}u), ${T}_decode(right, ${place}u));
#else
    let value = ${T}_${OPERATION}(${T}_decode(left, ${place}u));
#end
#if COMPARISON
    y[word * ${PLACES}u + ${place}u] = u32(value);
#else
    result = ${T}_encode(result, ${place}u, value);
#end
  }
#end
#if COMPARISON
#else
  y[word] = result;
#end
}
