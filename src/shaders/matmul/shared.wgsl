// Matrix product for GPUs: output[m, n] = Σ over k of a[m, k] · b[k, n], both operands read through their strides.
#needs TILE = 64
// 1: several products of the same sizes.
#const BATCH = 0
#const THREADS = TILE / 4 * TILE / 4
#use "parts/grid.wgsl"
#use "matmul/tile.wgsl"
#use "matmul/sizes.wgsl"

@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> output: array<f32>;

#if BATCH
/// Where the matrices of this workgroup's product begin.
var<private> first_of_a: u32;
var<private> first_of_b: u32;
#end

alias Row = u32;
alias Column = u32;

fn row_at(row: u32) -> Row {
  return min(row, sizes.rows - 1u) * sizes.aRow;
}

fn column_at(column: u32) -> Column {
  return min(column, sizes.columns - 1u) * sizes.bColumn;
}

fn load_a(row: Row, k: u32) -> f32 {
#if BATCH
  return a[first_of_a + row + k * sizes.aDepth];
#else
  return a[row + k * sizes.aDepth];
#end
}

fn load_b(k: u32, column: Column) -> f32 {
#if BATCH
  return b[first_of_b + k * sizes.bDepth + column];
#else
  return b[k * sizes.bDepth + column];
#end
}

fn store(at: u32, value: f32) {
  output[at] = value;
}

@compute @workgroup_size(${THREADS})
fn multiply(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
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
  let first_row = tile / sizes.columnTiles * ${TILE}u;
  let first_column = tile % sizes.columnTiles * ${TILE}u;
#if BATCH
  first_of_a = product * sizes.aBatch;
  first_of_b = product * sizes.bBatch;
#end
  let sums = multiply_tile(first_row, first_column, 0u, sizes.depth, lane);
  let row = first_row + lane / ${TILE / 4}u * 4u;
  let column = first_column + lane % ${TILE / 4}u * 4u;
#for i in 0..4
#for j in 0..4
  if (row + ${i}u < sizes.rows && column + ${j}u < sizes.columns) {
#if BATCH
    store((product * sizes.rows + row + ${i}u) * sizes.columns + column + ${j}u, sums[${i}][${j}]);
#else
    store((row + ${i}u) * sizes.columns + column + ${j}u, sums[${i}][${j}]);
#end
  }
#end
#end
}
