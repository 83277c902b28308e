// Matrix products by tiles in workgroup memory, for GPUs. A file that uses this one says what is multiplied, by these declarations:
//
//   A_ALONG_DEPTH, B_ALONG_DEPTH: expressions; whether an operand's neighbours in memory are neighbours along the depth, which decides
//     in which order a workgroup's invocations load them;
//   Row, row_at(row) and Column, column_at(column): where a row of a, a column of b lies; any row or column may be asked for;
//   load_a(Row, k) and load_b(k, Column): an element; any k may be asked for;
//   an entry point with a workgroup of TILE / 4 · TILE / 4, which calls multiply_tile once and stores the sums.
//
// A workgroup computes TILE × TILE sums, each invocation 4 × 4 neighbouring ones in registers.

#needs TILE = 64
#needs A_ALONG_DEPTH = true
#needs B_ALONG_DEPTH = true
#const THREADS = TILE / 4 * TILE / 4
#const DEPTH = 16
#const LOADS = TILE * DEPTH / THREADS
// Four more than a tile: fewer of the invocations that store a tile meet in a memory bank.
#const PITCH = TILE + 4

var<workgroup> tile_a: array<f32, ${DEPTH * PITCH}>;
var<workgroup> tile_b: array<f32, ${DEPTH * PITCH}>;

/// The sums over k from `begin` to `end` of a[row, k] · b[k, column], four rows of four columns from 4·(lane / (TILE / 4)) and
/// 4·(lane % (TILE / 4)) of the tile that starts at `first_row` and `first_column`. All but `lane` are the same for the workgroup.
fn multiply_tile(first_row: u32, first_column: u32, begin: u32, end: u32, lane: u32) -> mat4x4f {
#for i in 0..LOADS
  let e${i} = lane + ${THREADS * i}u;
  let at_a${i} = select(vec2u(e${i} % ${TILE}u, e${i} / ${TILE}u), vec2u(e${i} / ${DEPTH}u, e${i} % ${DEPTH}u), ${A_ALONG_DEPTH});
  let at_b${i} = select(vec2u(e${i} % ${TILE}u, e${i} / ${TILE}u), vec2u(e${i} / ${DEPTH}u, e${i} % ${DEPTH}u), ${B_ALONG_DEPTH});
  let row${i} = row_at(first_row + at_a${i}.x);
  let column${i} = column_at(first_column + at_b${i}.x);
#end
  let mine_a = lane / ${TILE / 4}u * 4u;
  let mine_b = lane % ${TILE / 4}u * 4u;
  var sums = mat4x4f();
  for (var k = begin; k < end; k += ${DEPTH}u) {
#for i in 0..LOADS
    tile_a[at_a${i}.y * ${PITCH}u + at_a${i}.x] = select(0.0, load_a(row${i}, k + at_a${i}.y), k + at_a${i}.y < end);
    tile_b[at_b${i}.y * ${PITCH}u + at_b${i}.x] = select(0.0, load_b(k + at_b${i}.y, column${i}), k + at_b${i}.y < end);
#end
    workgroupBarrier();
    for (var step = 0u; step < ${DEPTH}u; step++) {
      let a = step * ${PITCH}u + mine_a;
      let b = step * ${PITCH}u + mine_b;
      let row = vec4f(tile_b[b], tile_b[b + 1u], tile_b[b + 2u], tile_b[b + 3u]);
#for i in 0..4
      sums[${i}] += tile_a[a + ${i}u] * row;
#end
    }
    workgroupBarrier();
  }
  return sums;
}
