// Matrix product of a format T, for products that are small and devices without subgroups of 8: output[m, n] = Σ over k
// of a[m, k] · b[k, n]. A tile of 32 × 32 sums in a workgroup, 4 × 4 in the registers of each thread. Rows and columns
// outside the matrices are loaded from the last ones inside, and not stored.
#needs T = f32x2
// 1: several products of the same sizes.
#const BATCH = 0
#use "parts/grid.wgsl"
#use "precision/${T}.wgsl"
#use "matmul/sizes.wgsl" ZERO=1

@group(0) @binding(1) var<storage, read> a: array<${T}_stored>;
@group(0) @binding(2) var<storage, read> b: array<${T}_stored>;
@group(0) @binding(3) var<storage, read_write> output: array<${T}_stored>;

@compute @workgroup_size(64)
fn multiply(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
#if BATCH
  let index = workgroup_of(group, groups);
  if (index >= sizes.batch * sizes.tiles) { return; }
  let product = index / sizes.tiles;
  let tile = index % sizes.tiles;
#else
  let tile = workgroup_of(group, groups);
  if (tile >= sizes.tiles) { return; }
#end
  ${T}_begin(sizes.zero);
  let row = tile / sizes.columnTiles * 32u + local.x / 8u * 4u;
  let column = tile % sizes.columnTiles * 32u + local.x % 8u * 4u;
#for i in 0..4
  var aAt${i} = min(row + ${i}u, sizes.rows - 1u) * sizes.aRow;
  var bAt${i} = min(column + ${i}u, sizes.columns - 1u) * sizes.bColumn;
#if BATCH
  aAt${i} += product * sizes.aBatch;
  bAt${i} += product * sizes.bBatch;
#end
#for j in 0..4
  var sum${i}_${j} = ${T}_accumulator(0);
#end
#end

  for (var k = 0u; k < sizes.depth; k++) {
#for i in 0..4
    let a${i} = a[aAt${i}];
    let b${i} = b[bAt${i}];
    aAt${i} += sizes.aDepth;
    bAt${i} += sizes.bDepth;
#end
#for i in 0..4
#for j in 0..4
    sum${i}_${j} = ${T}_mac(sum${i}_${j}, a${i}, b${j});
#end
#end
  }

#for i in 0..4
#for j in 0..4
  if (row + ${i}u < sizes.rows && column + ${j}u < sizes.columns) {
#if BATCH
    output[(product * sizes.rows + row + ${i}u) * sizes.columns + column + ${j}u] = sum${i}_${j};
#else
    output[(row + ${i}u) * sizes.columns + column + ${j}u] = sum${i}_${j};
#end
  }
#end
#end
}
