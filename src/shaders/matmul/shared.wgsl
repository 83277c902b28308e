// Matrix product for GPUs: output[m, n] = Σ over k of a[m, k] · b[k, n], both operands read through their strides.
#needs TILE = 64
#const THREADS = TILE / 4 * TILE / 4
#use "parts/grid.wgsl"
#use "matmul/tile.wgsl"
#use "matmul/sizes.wgsl"

@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> output: array<f32>;

alias Row = u32;
alias Column = u32;

fn row_at(row: u32) -> Row {
  return min(row, sizes.rows - 1u) * sizes.aRow;
}

fn column_at(column: u32) -> Column {
  return min(column, sizes.columns - 1u) * sizes.bColumn;
}

fn load_a(row: Row, k: u32) -> f32 {
  return a[row + k * sizes.aDepth];
}

fn load_b(k: u32, column: Column) -> f32 {
  return b[k * sizes.bDepth + column];
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
  let tile = workgroup_of(group, groups);
  if (tile >= sizes.tiles) { return; }
  let first_row = tile / sizes.columnTiles * ${TILE}u;
  let first_column = tile % sizes.columnTiles * ${TILE}u;
  let sums = multiply_tile(first_row, first_column, 0u, sizes.depth, lane);
  let row = first_row + lane / ${TILE / 4}u * 4u;
  let column = first_column + lane % ${TILE / 4}u * 4u;
#for i in 0..4
#for j in 0..4
  if (row + ${i}u < sizes.rows && column + ${j}u < sizes.columns) {
    store((row + ${i}u) * sizes.columns + column + ${j}u, sums[${i}][${j}]);
  }
#end
#end
}
