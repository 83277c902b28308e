// Large matrix products, by themselves and inside of convolutions: c[m, n] = Σ over k of a[k, m] · b[k, n], for one
// pair of matrices or a batch of them. Columns may lie in blocks, as the pixels of each image do in a tensor of planes.
// Rows, columns and blocks are whole vec4s.
//
// A workgroup is one subgroup of 8 lanes with ROWS × 32·WIDE sums in registers; lanes hold four neighbouring columns each, and rows are
// broadcast. Two k an iteration: four make the compiler spill. Rows and columns outside of the matrices are loaded from the last ones
// inside, and not stored.
enable subgroups;

#const ROWS = 32
#const WIDE = 2
// 1: c[n, m] is stored, in whole vec4s of rows.
#const TRANSPOSED = 0
// 1: the last rows of a only fill its last vec4, and are not stored; c is not transposed.
#const EDGE = 0

struct Sizes {
  rows: u32,            // rows, columns and strides in vec4s
  columns: u32,
  depth: u32,           // summed over
  blockColumns: u32,
  aBatch: u32,
  bDepth: u32,
  bBlock: u32,
  bBatch: u32,
  cRow: u32,            // from one row, not vec4 of rows, to the next
  cBlock: u32,
  cBatch: u32,
#if EDGE
  stored: u32,          // rows, not vec4s of them
#end
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> a: array<vec4f>;
@group(0) @binding(2) var<storage, read> b: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> c: array<vec4f>;

// All access to elements of tensors.
fn load_a(at: u32) -> vec4f {
  return a[at];
}

fn load_b(at: u32) -> vec4f {
  return b[at];
}

fn store(at: u32, value: vec4f) {
  c[at] = value;
}

@compute @workgroup_size(8)
fn multiply(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let lane = local.x;
  let row = group.x * ${ROWS / 4}u;
  var atA = group.z * sizes.aBatch + min(row + lane % ${ROWS / 4}u, sizes.rows - 1u);
#for j in 0..WIDE
  let column${j} = group.y * ${8 * WIDE}u + ${8 * j}u + lane;
  let block${j} = min(column${j}, sizes.columns - 1u) / sizes.blockColumns;
  let inBlock${j} = min(column${j}, sizes.columns - 1u) % sizes.blockColumns;
  var atB${j} = group.z * sizes.bBatch + block${j} * sizes.bBlock + inBlock${j};
#end
#for i in 0..ROWS
#for j in 0..WIDE
#for e in 0..4
  var sum${i}_${j}_${e} = 0.0;
#end
#end
#end
  for (var k = 0u; k < sizes.depth; k += 2u) {
    let second = select(0u, 1u, k + 1u < sizes.depth);
    let a0 = load_a(atA);
    let a1 = f32(second) * load_a(atA + second * sizes.rows);
#for j in 0..WIDE
    let b0_${j} = load_b(atB${j});
    let b1_${j} = load_b(atB${j} + second * sizes.bDepth);
#end
#for i in 0..ROWS
    {
      let s0 = subgroupBroadcast(a0[${i % 4}], ${i / 4}u);
      let s1 = subgroupBroadcast(a1[${i % 4}], ${i / 4}u);
#for j in 0..WIDE
#for e in 0..4
      sum${i}_${j}_${e} += s0 * b0_${j}[${e}];
      sum${i}_${j}_${e} += s1 * b1_${j}[${e}];
#end
#end
    }
#end
    atA += 2u * sizes.rows;
#for j in 0..WIDE
    atB${j} += 2u * sizes.bDepth;
#end
  }
#if TRANSPOSED
#for j in 0..WIDE
  if (column${j} < sizes.columns) {
#for e in 0..4
    let at${e} = group.z * sizes.cBatch + (4u * column${j} + ${e}u) * sizes.cRow + row;
#for i in 0..ROWS / 4
    if (row + ${i}u < sizes.rows) {
      store(at${e} + ${i}u, vec4f(sum${4 * i}_${j}_${e}, sum${4 * i + 1}_${j}_${e}, sum${4 * i + 2}_${j}_${e}, sum${4 * i + 3}_${j}_${e}));
    }
#end
#end
  }
#end
#else
#for j in 0..WIDE
  if (column${j} < sizes.columns) {
    let at = group.z * sizes.cBatch + block${j} * sizes.cBlock + inBlock${j} + 4u * row * sizes.cRow;
#for i in 0..ROWS
#if EDGE
    if (4u * row + ${i}u < sizes.stored) {
#else
    if (row + ${i / 4}u < sizes.rows) {
#end
      store(at + ${i}u * sizes.cRow, vec4f(sum${i}_${j}_0, sum${i}_${j}_1, sum${i}_${j}_2, sum${i}_${j}_3));
    }
#end
  }
#end
#end
}
