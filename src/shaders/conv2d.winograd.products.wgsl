// The 16 matrix products of Winograd's convolution: c[b] = a[b]ᵀ · b[b] with a [16][depth][rows], b [16][depth][columns], all dimensions but
// the depth whole tiles.
//
// A workgroup is one subgroup of 8 lanes with 32 rows × 32·WIDE columns in registers; lanes hold four columns each, and rows are broadcast.
enable subgroups;

#const WIDE = 2

struct Sizes {
  rows: u32,
  columns: u32,
  depth: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> a: array<vec4f>;
@group(0) @binding(2) var<storage, read> b: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> c: array<vec4f>;

@compute @workgroup_size(8)
fn multiply(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let lane = local.x;
  let rows = sizes.rows / 4u;
  let columns = sizes.columns / 4u;
  var atA = group.z * sizes.depth * rows + group.x * 8u + lane;
  var atB = group.z * sizes.depth * columns + group.y * ${8 * WIDE}u + lane;
#for i in 0..32
#for j in 0..WIDE
#for e in 0..4
  var sum${i}_${j}_${e} = 0.0;
#end
#end
#end
  for (var k = 0u; k < sizes.depth; k++) {
    let a0 = a[atA];
#for j in 0..WIDE
    let b${j} = b[atB + ${8 * j}u];
#end
#for i in 0..32
    {
      let s = subgroupBroadcast(a0[${i % 4}], ${i / 4}u);
#for j in 0..WIDE
#for e in 0..4
      sum${i}_${j}_${e} += s * b${j}[${e}];
#end
#end
    }
#end
    atA += rows;
    atB += columns;
  }
  let at = (group.z * sizes.rows + group.x * 32u) * columns + group.y * ${8 * WIDE}u + lane;
#for i in 0..32
#for j in 0..WIDE
  c[at + ${i}u * columns + ${8 * j}u] = vec4f(sum${i}_${j}_0, sum${i}_${j}_1, sum${i}_${j}_2, sum${i}_${j}_3);
#end
#end
}
