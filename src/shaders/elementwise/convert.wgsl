// Elements of the format FROM as elements of the format TO. An invocation converts UNIT elements, which fill whole words of both.

#const DIRECT = 0
#const NEAREST = 0

struct Sizes {
  size: u32,
  zero: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<${FROM}_stored>;
@group(0) @binding(2) var<storage, read_write> y: array<${TO}_stored>;

@compute @workgroup_size(64)
fn convert(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let first = ((group.x + group.y * groups.x) * 64u + lane) * ${UNIT}u;
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
