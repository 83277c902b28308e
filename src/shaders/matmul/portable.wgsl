// Matrix product for devices without subgroups of 8: output[m, n] = Σ over k of a[m, k] · b[k, n]. A tile of 32 × 32 sums in a
// workgroup, 4 × 4 in the registers of each thread. Rows and columns outside the matrices are loaded from the last ones inside, and
// not stored.

// How operands are loaded; see operands.wgsl.
#needs VEC4 = 1
// 1: several products of the same sizes.
#const BATCH = 0
#use "parts/grid.wgsl"
#use "matmul/operands.wgsl"

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
  let row = tile / sizes.columnTiles * 32u + local.x / 8u * 4u;
  let column = tile % sizes.columnTiles * 32u + local.x % 8u * 4u;
#if VEC4
  var aAt = min(row, sizes.rows - 1u) / 4u * sizes.aRow;
  var bAt = min(column, sizes.columns - 1u) / 4u * sizes.bColumn;
#else
#for i in 0..4
  var aAt${i} = min(row + ${i}u, sizes.rows - 1u) * sizes.aRow;
  var bAt${i} = min(column + ${i}u, sizes.columns - 1u) * sizes.bColumn;
#end
#end
#if BATCH
#if VEC4
  aAt += product * sizes.aBatch;
  bAt += product * sizes.bBatch;
#else
#for i in 0..4
  aAt${i} += product * sizes.aBatch;
  bAt${i} += product * sizes.bBatch;
#end
#end
#end
#for i in 0..4
  var sum${i} = vec4f();
#end

  for (var k = 0u; k < sizes.depth; k++) {
#if VEC4
    let aColumn = a[aAt];
    let bRow = b[bAt];
    aAt += sizes.aDepth;
    bAt += sizes.bDepth;
#else
    let aColumn = vec4f(a[aAt0], a[aAt1], a[aAt2], a[aAt3]);
    let bRow = vec4f(b[bAt0], b[bAt1], b[bAt2], b[bAt3]);
#for i in 0..4
    aAt${i} += sizes.aDepth;
    bAt${i} += sizes.bDepth;
#end
#end
#for i in 0..4
    sum${i} += aColumn[${i}] * bRow;
#end
  }

#if BATCH
  let first = product * sizes.rows * sizes.columns;
#end
#for i in 0..4
#for j in 0..4
  if (row + ${i}u < sizes.rows && column + ${j}u < sizes.columns) {
#if BATCH
    output[first + (row + ${i}u) * sizes.columns + column + ${j}u] = sum${i}[${j}];
#else
    output[(row + ${i}u) * sizes.columns + column + ${j}u] = sum${i}[${j}];
#end
  }
#end
#end
}
