// Elements of the format FROM as elements of the format TO. An invocation converts UNIT elements, which fill whole words of both.
#needs FROM = f32
#needs TO = f16
#needs UNIT = 2
#needs FROM_PLACES = 1
#needs TO_PLACES = 2
// 1: both formats are computed in f32, in which the number passes from one to the other; 0: it passes in f64.
#needs DIRECT = 1
// 1: rounded to the nearest f64, beyond which there is no rounding any more.
#needs NEAREST = 0
#use "parts/grid.wgsl"
#use "precision/${FROM}.wgsl"
#use "precision/${TO}.wgsl"

struct Sizes {
  size: u32,
  zero: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<${FROM}_stored>;
@group(0) @binding(2) var<storage, read_write> y: array<${TO}_stored>;

@compute @workgroup_size(64)
fn convert(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let first = element(group, groups, lane) * ${UNIT}u;
  if (first >= sizes.size) { return; }
#for word in 0..UNIT / TO_PLACES
  {
    let start = first + ${word * TO_PLACES}u;
    var result = ${TO}_stored(0);
#for place in 0..TO_PLACES
    if (start + ${place}u < sizes.size) {
      let value = ${FROM}_decode(x[(start + ${place}u) / ${FROM_PLACES}u], ${(word * TO_PLACES + place) % FROM_PLACES}u);
#if DIRECT
      result = ${TO}_encode(result, ${place}u, value);
#else
#if NEAREST
      result = ${TO}_encode(result, ${place}u, ${FROM}_nearest_f64(value));
#else
      result = ${TO}_encode(result, ${place}u, ${TO}_from_f64(${FROM}_to_f64(value)));
#end
#end
    }
#end
    if (start < sizes.size) { y[start / ${TO_PLACES}u] = result; }
  }
#end
}
