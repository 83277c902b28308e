// Products of matrices by blocks of sums, for GPUs: a workgroup computes ROWS × COLUMNS sums, each invocation SUMS_A × SUMS_B of them in
// registers. A tile of both operands, DEPTH positions of the depth, lies in workgroup memory; the next one is loaded into registers while
// this one is multiplied. The depth may be cut into segments, such as images or taps. A file that uses this one declares:
//
//   A_ALONG, B_ALONG: 1 where an operand's neighbours in memory are neighbours along the depth, 0 where they are rows (columns);
//   A_VEC4, B_VEC4: 1 where they are loaded four at a time: all places, distances and lengths along them are multiples of four;
//   B_EACH: 1 where what an invocation loads of b is no fixed distance apart, and is found one by one;
//   begin_segment(segment), called before a segment is read, and segment_depth(), its length;
//   place_a(row, k), place_b(column, k) → Place: where an element of the segment lies. Any row, column and k may be asked for; it is read
//     where it exists and k is below the length, and 0 elsewhere. What is read for rows and columns that are none is not stored;
//   apart_a(), apart_b(), depth_a(), depth_b(): elements from one row or column, from one position of the depth to the next;
//   load_a(at), load_b(at): an element, or four of them; `at` counts in what is loaded at once;
//   store_block(row, column, sums): stores four columns of four rows, each vec4 a row, where they exist;
//   an entry point with a workgroup of THREADS, which calls multiply_block once.

#needs ROWS = 64
#needs COLUMNS = 64
#needs SUMS_A = 8
#needs SUMS_B = 8
#needs A_ALONG = 1
#needs B_ALONG = 0
#needs A_VEC4 = 0
#needs B_VEC4 = 0
#const B_EACH = 0
#needs DEPTH = 16
#const THREADS = ROWS / SUMS_A * (COLUMNS / SUMS_B)
#const PITCH_A = ROWS / 4 + A_ALONG
#const PITCH_B = COLUMNS / 4 + B_ALONG

/// Where an element lies, and whether there is one: else it is 0.
struct Place {
  at: u32,
  exists: bool,
}

#use "matmul/block.side.wgsl" SIDE=a LENGTH=${ROWS} DEPTH=${DEPTH} THREADS=${THREADS} ALONG=${A_ALONG} VEC4=${A_VEC4} EACH=0
#use "matmul/block.side.wgsl" SIDE=b LENGTH=${COLUMNS} DEPTH=${DEPTH} THREADS=${THREADS} ALONG=${B_ALONG} VEC4=${B_VEC4} EACH=${B_EACH}

/// Computes and stores the sums of the block from `first_row` and `first_column` on, over turns of DEPTH positions: `first_turn` to before
/// `last_turn`, of which each segment has `turns`. All but `lane` are the same for the workgroup.
fn multiply_block(first_row: u32, first_column: u32, first_turn: u32, last_turn: u32, turns: u32, lane: u32) {
  let mine_a = share_a(lane);
  let mine_b = share_b(lane);
  let from_a = lane / ${COLUMNS / SUMS_B}u % ${ROWS / SUMS_A}u;
  let from_b = lane % ${COLUMNS / SUMS_B}u;
#for i in 0..SUMS_A
#for j in 0..SUMS_B / 4
  var sum${i}_${j} = vec4f();
#end
#end
  var k = first_turn % turns * ${DEPTH}u;
  var segment = first_turn / turns;
  begin_segment(segment);
  var part_a = load_part_a(first_row, k, mine_a);
  var part_b = load_part_b(first_column, k, mine_b);
  for (var turn = first_turn; turn < last_turn; turn++) {
    keep_part_a(part_a, mine_a);
    keep_part_b(part_b, mine_b);
    workgroupBarrier();
    k += ${DEPTH}u;
    if (k >= turns * ${DEPTH}u) {
      k = 0u;
      segment++;
      begin_segment(segment);
    }
    // After the last turn nobody needs what is loaded here.
    part_a = load_part_a(first_row, k, mine_a);
    part_b = load_part_b(first_column, k, mine_b);
    for (var step = 0u; step < ${DEPTH}u; step++) {
#for i in 0..SUMS_A / 4
      let a${i} = tile_a[step * ${PITCH_A}u + from_a + ${i * ROWS / SUMS_A}u];
#end
#for j in 0..SUMS_B / 4
      let b${j} = tile_b[step * ${PITCH_B}u + from_b + ${j * COLUMNS / SUMS_B}u];
#end
#for i in 0..SUMS_A
#for j in 0..SUMS_B / 4
      sum${i}_${j} += a${i / 4}[${i % 4}] * b${j};
#end
#end
    }
    workgroupBarrier();
  }
#for i in 0..SUMS_A / 4
#for j in 0..SUMS_B / 4
  store_block(
    first_row + 4u * from_a + ${4 * i * ROWS / SUMS_A}u,
    first_column + 4u * from_b + ${4 * j * COLUMNS / SUMS_B}u,
    mat4x4f(sum${4 * i}_${j}, sum${4 * i + 1}_${j}, sum${4 * i + 2}_${j}, sum${4 * i + 3}_${j}),
  );
#end
#end
}
