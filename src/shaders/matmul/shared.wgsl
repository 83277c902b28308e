// Matrix product for GPUs: output[m, n] = Σ over k of a[m, k] · b[k, n], both operands read through their strides. The depth may be split
// into parts, each a matrix of its own, to be added.
#needs ROWS = 64
#needs COLUMNS = 64
#needs SUMS_A = 8
#needs SUMS_B = 8
#needs DEPTH = 16
#needs A_VEC4 = 0
#needs B_VEC4 = 0
// 1: rows of the output are stored four columns at a time.
#needs VEC4 = 0
// 1: several products of the same sizes.
#const BATCH = 0
#const THREADS = ROWS / SUMS_A * (COLUMNS / SUMS_B)
#use "parts/grid.wgsl"
#use "matmul/block.wgsl"
#use "matmul/sizes.wgsl" PARTS=1

@group(0) @binding(1) var<storage, read> a: array<Element_a>;
@group(0) @binding(2) var<storage, read> b: array<Element_b>;
#if VEC4
@group(0) @binding(3) var<storage, read_write> output: array<vec4f>;
#else
@group(0) @binding(3) var<storage, read_write> output: array<f32>;
#end

/// Where the matrices of this workgroup begin.
var<private> first_of_a: u32;
var<private> first_of_b: u32;
var<private> first_of_output: u32;

fn begin_segment(segment: u32) {}

fn segment_depth() -> u32 {
  return sizes.depth;
}

fn place_a(row: u32, k: u32) -> Place {
  return Place(first_of_a + row * sizes.aRow + k * sizes.aDepth, true);
}

fn place_b(column: u32, k: u32) -> Place {
  return Place(first_of_b + column * sizes.bColumn + k * sizes.bDepth, true);
}

fn apart_a() -> u32 {
  return sizes.aRow;
}

fn apart_b() -> u32 {
  return sizes.bColumn;
}

fn depth_a() -> u32 {
  return sizes.aDepth;
}

fn depth_b() -> u32 {
  return sizes.bDepth;
}

fn load_a(at: u32) -> Element_a {
  return a[at];
}

fn load_b(at: u32) -> Element_b {
  return b[at];
}

fn store_block(row: u32, column: u32, sums: mat4x4f) {
  let at = first_of_output + row * sizes.columns + column;
#for i in 0..4
  if (row + ${i}u < sizes.rows) {
#if VEC4
    if (column < sizes.columns) { output[(at + ${i}u * sizes.columns) / 4u] = sums[${i}]; }
#else
#for j in 0..4
    if (column + ${j}u < sizes.columns) { output[at + ${i}u * sizes.columns + ${j}u] = sums[${i}][${j}]; }
#end
#end
  }
#end
}

@compute @workgroup_size(${THREADS})
fn multiply(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = workgroup_of(group, groups);
  let part = index % sizes.parts;
#if BATCH
  if (index / sizes.parts >= sizes.batch * sizes.tiles) { return; }
  let product = index / sizes.parts / sizes.tiles;
  let tile = index / sizes.parts % sizes.tiles;
  first_of_a = product * sizes.aBatch;
  first_of_b = product * sizes.bBatch;
  first_of_output = (part * sizes.batch + product) * sizes.rows * sizes.columns;
#else
  if (index / sizes.parts >= sizes.tiles) { return; }
  let tile = index / sizes.parts;
  first_of_output = part * sizes.rows * sizes.columns;
#end
  let first_row = tile / sizes.columnTiles * ${ROWS}u;
  let first_column = tile % sizes.columnTiles * ${COLUMNS}u;
  let turns = (sizes.depth + ${DEPTH - 1}u) / ${DEPTH}u;
  multiply_block(first_row, first_column, part * turns / sizes.parts, (part + 1u) * turns / sizes.parts, turns, lane);
}
