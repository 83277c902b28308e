// Large matrix products of f32x2: the same sums and sizes as `matmul.products`, whose units are here vec4s of two elements.
//
// A workgroup is one subgroup of 8 lanes with ROWS × 16 sums in registers; lanes hold two neighbouring columns each,
// and rows are broadcast. The arithmetic is that of `f32x2_mac`, but the factors are cut into halves once for each
// load.
enable subgroups;

#const ROWS = 16

struct Sizes {
  rows: u32,            // rows, columns and strides in units
  columns: u32,
  depth: u32,           // summed over
  blockColumns: u32,
  aBatch: u32,
  bDepth: u32,
  bBlock: u32,
  bBatch: u32,
  cRow: u32,            // from one row, not unit of rows, to the next
  cBlock: u32,
  cBatch: u32,
  zero: u32,            // 0, which no compiler may know
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> a: array<vec4f>;
@group(0) @binding(2) var<storage, read> b: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> c: array<vec4f>;

/// What was rounded, hidden from compilers that compute with real numbers: they would find error terms to be 0.
fn opaque(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) ^ sizes.zero);
}

/// The upper 12 bits of a significand.
fn upper(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) & 0xfffff000u);
}

@compute @workgroup_size(8)
fn multiply(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let lane = local.x;
  let row = group.x * ${ROWS / 2}u;
  var atA = group.z * sizes.aBatch + min(row + lane % ${ROWS / 2}u, sizes.rows - 1u);
  let column = group.y * 8u + lane;
  let inColumns = min(column, sizes.columns - 1u);
  let blockOf = inColumns / sizes.blockColumns;
  let inBlock = inColumns % sizes.blockColumns;
  var atB = group.z * sizes.bBatch + blockOf * sizes.bBlock + inBlock;
#for i in 0..ROWS
#for j in 0..2
  var sum${i}_${j} = 0.0;
  var rest${i}_${j} = 0.0;
#end
#end

  for (var k = 0u; k < sizes.depth; k++) {
    let rows = a[atA];
    let columns = b[atB];
#for j in 0..2
    let b${j} = columns[${2 * j}];
    let bRest${j} = columns[${2 * j + 1}];
    let bUpper${j} = upper(b${j});
    let bLower${j} = b${j} - bUpper${j};
#end
#for i in 0..ROWS
    {
      let s = subgroupBroadcast(rows[${i % 2 * 2}], ${i / 2}u);
      let sRest = subgroupBroadcast(rows[${i % 2 * 2 + 1}], ${i / 2}u);
      let sUpper = upper(s);
      let sLower = s - sUpper;
#for j in 0..2
      let product${j} = opaque(s * b${j});
      let lost${j} = ((sUpper * bUpper${j} - product${j}) + sUpper * bLower${j} + sLower * bUpper${j}) + sLower * bLower${j};
      let next${j} = opaque(sum${i}_${j} + product${j});
      let part${j} = opaque(next${j} - sum${i}_${j});
      let error${j} = (sum${i}_${j} - (next${j} - part${j})) + (product${j} - part${j});
      let small${j} = rest${i}_${j} + (error${j} + (lost${j} + (s * bRest${j} + sRest * b${j})));
      sum${i}_${j} = opaque(next${j} + small${j});
      rest${i}_${j} = small${j} - opaque(sum${i}_${j} - next${j});
#end
    }
#end
    atA += sizes.rows;
    atB += sizes.bDepth;
  }

  if (column < sizes.columns) {
    let at = group.z * sizes.cBatch + blockOf * sizes.cBlock + inBlock + 2u * row * sizes.cRow;
#for i in 0..ROWS
    if (row + ${i / 2}u < sizes.rows) {
      c[at + ${i}u * sizes.cRow] = vec4f(sum${i}_0, rest${i}_0, sum${i}_1, rest${i}_1);
    }
#end
  }
}
