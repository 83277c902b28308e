// Matrix product: output[m, n] = Σ over k of a[m, k] · b[k, n].
//
// A workgroup is one subgroup of 8 lanes and keeps a tile of TILE × TILE sums in registers. For each k the lanes load the tile's column
// of a and its row of b; an element of a is broadcast from the lane that loaded it. One k an iteration: a longer loop body makes the
// compiler spill. Rows and columns outside the matrices are loaded from the last ones inside, and not stored.
enable subgroups;
#use "parts/grid.wgsl"
#use "matmul/operands.wgsl"

#const TILE = 32
// 1: several products of the same sizes.
#const BATCH = 0
// How operands are loaded; see operands.wgsl.
#needs VEC4 = 1
#const LOADS = TILE / 8
#if VEC4
#const LOADS = TILE / 32
#end

@compute @workgroup_size(8)
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
  let lane = local.x;
  let row = tile / sizes.columnTiles * ${TILE}u;
  let column = tile % sizes.columnTiles * ${TILE}u;
#if VEC4
  let lastRow = (sizes.rows - 1u) / 4u;
  let lastColumn = (sizes.columns - 1u) / 4u;
  let firstRow = row / 4u + lane;
  let firstColumn = column / 4u + lane;
#else
  let lastRow = sizes.rows - 1u;
  let lastColumn = sizes.columns - 1u;
  let firstRow = row + lane;
  let firstColumn = column + lane;
#end
#for i in 0..LOADS
  var aAt${i} = min(firstRow + ${8 * i}u, lastRow) * sizes.aRow;
  var bAt${i} = min(firstColumn + ${8 * i}u, lastColumn) * sizes.bColumn;
#end
#if BATCH
#for i in 0..LOADS
  aAt${i} += product * sizes.aBatch;
  bAt${i} += product * sizes.bBatch;
#end
#end
#for i in 0..TILE
#for j in 0..TILE / 8
  var sum${i}_${j} = 0.0;
#end
#end

  for (var k = 0u; k < sizes.depth; k++) {
#for i in 0..LOADS
    let a${i} = a[aAt${i}];
    let b${i} = b[bAt${i}];
    aAt${i} += sizes.aDepth;
    bAt${i} += sizes.bDepth;
#end
#for i in 0..TILE
    {
#if VEC4
      let s = subgroupBroadcast(a${i / 32}[${i % 4}], ${i % 32 / 4}u);
#for j in 0..TILE / 8
      sum${i}_${j} += s * b${j / 4}[${j % 4}];
#end
#else
      let s = subgroupBroadcast(a${i / 8}, ${i % 8}u);
#for j in 0..TILE / 8
      sum${i}_${j} += s * b${j};
#end
#end
    }
#end
  }

#for j in 0..TILE / 8
#if VEC4
  let column${j} = column + ${j / 4 * 32}u + 4u * lane + ${j % 4}u;
#else
  let column${j} = column + ${8 * j}u + lane;
#end
  if (column${j} < sizes.columns) {
#if BATCH
    let at = (product * sizes.rows + row) * sizes.columns + column${j};
#else
    let at = row * sizes.columns + column${j};
#end
#for i in 0..TILE
    if (row + ${i}u < sizes.rows) { output[at + ${i}u * sizes.columns] = sum${i}_${j}; }
#end
  }
#end
}
