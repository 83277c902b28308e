// An operand of a matrix product in the layout that large products read: result[k, m], each k's elements together and padded with
// zeros to whole vec4s. A transpose, or a copy of rows that are not aligned.
#needs STORED = f32
// 1: several matrices, one after the other.
#const BATCH = 0

struct Sizes {
  length: u32,          // elements for each k
  padded: u32,          // the same, a multiple of 4
  depth: u32,
  step: u32,            // stride of the source from one element to the next
  depthStep: u32,       // and from one k to the next
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> source: array<${STORED}>;
@group(0) @binding(2) var<storage, read_write> result: array<${STORED}>;

// A workgroup covers 64 elements of 64 k.
@compute @workgroup_size(64)
fn pack(@builtin(global_invocation_id) id: vec3u, @builtin(workgroup_id) group: vec3u) {
  if (id.x >= sizes.padded) { return; }
  let end = min((group.y + 1u) * 64u, sizes.depth);
#if BATCH
  let first = group.z * sizes.length * sizes.depth;
  let goal = group.z * sizes.depth * sizes.padded;
#end
  for (var k = group.y * 64u; k < end; k++) {
#if BATCH
    let at = first + id.x * sizes.step + k * sizes.depthStep;
    result[goal + k * sizes.padded + id.x] = select(${STORED}(0), source[at], id.x < sizes.length);
#else
    result[k * sizes.padded + id.x] = select(${STORED}(0), source[id.x * sizes.step + k * sizes.depthStep], id.x < sizes.length);
#end
  }
}
