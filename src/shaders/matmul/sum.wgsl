// Sum over parts, in order, four elements at a time: the loads of four parts are on their way together.
#use "parts/grid.wgsl"

struct Sizes {
  count: u32,           // vec4s of the result, and of each part
  parts: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> source: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> result: array<vec4f>;

@compute @workgroup_size(64)
fn sum(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = element(group, groups, lane);
  if (i >= sizes.count) { return; }
  var total = vec4f();
  var part = 0u;
  for (; part + 4u <= sizes.parts; part += 4u) {
#for j in 0..4
    let part${j} = source[(part + ${j}u) * sizes.count + i];
#end
    total = total + part0 + part1 + part2 + part3;
  }
  for (; part < sizes.parts; part++) { total += source[part * sizes.count + i]; }
  result[i] = total;
}
