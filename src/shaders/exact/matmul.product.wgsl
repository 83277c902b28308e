// Matrix products of residues modulo p, a workgroup layer for each modulus: output[m, j] ≡ Σ over k of a[k, m] · b[k,
// j], in i32. Residues are at most 4104: 112 products and what a folding leaves stay below 2^31. With WRAP it is 2^32
// that the products are computed modulo: no folding.
#needs MODULI = 4
#needs MODULI_LIST = 4095, 4093, 4091, 4079
#needs TILE_ROWS = 16
#needs SUBGROUP = 0
#needs WRAP = 0
#use "parts/grid.wgsl"
#use "exact/matmul.nearest.wgsl"
#if SUBGROUP
// A workgroup is one subgroup of 8 lanes and keeps 16 x 64 or 32 x 64 sums.
enable subgroups;
#const ROWS = TILE_ROWS
#const COLUMNS = 8
#const LANES = 8
#const ROW_LOADS = TILE_ROWS / 8
#else
// An invocation keeps 4 x 4 sums; a workgroup of 64 computes 16 x 64.
#const ROWS = 4
#const COLUMNS = 4
#const LANES = 64
#const ROW_LOADS = 4
#end

struct Sizes {
  aLane: vec4u,         // lengths of m's digits y and x, steps of the outer digit and of y in words of a
  bLane: vec4u,
  aLast: vec2u,         // step of x; what is added to all
  bLast: vec2u,
  aSteps: vec4i,        // in words of a: to the next x of k; from there to the next y; from there to the next outer digit; to the next plane
  bSteps: vec4i,
  kLengths: vec2u,      // of k's digits y and x
  words: u32,           // pairs of places of the sum
  rows: u32,            // of the matrices
  columns: u32,
  firstRow: u32,        // of this part
  firstColumn: u32,
  paddedRows: u32,      // of this part, filled up to whole tiles
  paddedColumns: u32,
  firstModulus: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> plan: array<u32>;
@group(0) @binding(3) var<storage, read> a: array<u32>;
@group(0) @binding(4) var<storage, read> b: array<u32>;
/// Residues of columns j and j + 8 of a group of 16 in one word; with WRAP whole words.
@group(0) @binding(5) var<storage, read_write> output: array<u32>;

const moduli_list = array<i32, ${MODULI}>(${MODULI_LIST});

fn place(lane: vec4u, last: vec2u, at: u32) -> u32 {
  let y = at / lane.y;
  let outer = y / lane.x;
  return outer * lane.z + (y - outer * lane.x) * lane.w + (at - y * lane.y) * last.x + last.y;
}

@compute @workgroup_size(${LANES})
fn multiply(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let tile = workgroup_of(group, groups);
  let column_tiles = sizes.paddedColumns / 64u;
  let modulus = sizes.firstModulus + group.z;
  if (tile >= sizes.paddedRows / ${TILE_ROWS}u * column_tiles || modulus >= plan[2]) { return; }
#if SUBGROUP
  let row = tile / column_tiles * ${TILE_ROWS}u;
  let column = tile % column_tiles * 64u + lane;
#for i in 0..ROW_LOADS
  let m${i} = row + ${8 * i}u + lane;
#end
#else
  // Columns of an invocation are 8 apart, so that its words are whole.
  let row = tile / column_tiles * 16u + lane / 16u * 4u;
  let column = tile % column_tiles * 64u + lane % 16u / 8u * 32u + lane % 8u;
#for i in 0..ROW_LOADS
  let m${i} = row + ${i}u;
#end
#end
  // Beyond the last row and column the last ones are computed again.
#for i in 0..ROW_LOADS
  let a${i}_at = place(sizes.aLane, sizes.aLast, min(sizes.firstRow + m${i}, sizes.rows - 1u)) + group.z * u32(sizes.aSteps.w);
#end
#for j in 0..COLUMNS
  let b${j}_at = place(sizes.bLane, sizes.bLast, min(sizes.firstColumn + column + ${8 * j}u, sizes.columns - 1u)) + group.z * u32(sizes.bSteps.w);
#end
#for i in 0..ROWS
#for j in 0..COLUMNS
  var sum${i}_${j} = 0i;
#end
#end
#if WRAP == 0
  let p = moduli_list[modulus];
  let inverse = 1.0 / f32(p);
  let beyond = 8192 - p;
#end

  var a_k = 0u;
  var b_k = 0u;
  var kx = 0u;
  var ky = 0u;
  for (var done = 0u; done < sizes.words; done += 56u) {
    let end = min(done + 56u, sizes.words);
    for (var word = done; word < end; word++) {
#if WRAP == 0
#for i in 0..ROW_LOADS
      let a_word${i} = a[a_k + a${i}_at];
#end
#for j in 0..COLUMNS
      let b_word${j} = b[b_k + b${j}_at];
#end
#end
#for half in 0..2
      {
#for i in 0..ROW_LOADS
#if WRAP
        let a${i} = i32(a[a_k + a${i}_at + ${half}u * u32(sizes.aSteps.w)]);
#else
#if half == 0
        let a${i} = i32(a_word${i} << 16u) >> 16u;
#else
        let a${i} = i32(a_word${i}) >> 16u;
#end
#end
#end
#for j in 0..COLUMNS
#if WRAP
        let b${j} = i32(b[b_k + b${j}_at + ${half}u * u32(sizes.bSteps.w)]);
#else
#if half == 0
        let b${j} = i32(b_word${j} << 16u) >> 16u;
#else
        let b${j} = i32(b_word${j}) >> 16u;
#end
#end
#end
#for i in 0..ROWS
        {
#if SUBGROUP
          let s = subgroupBroadcast(a${i / 8}, ${i % 8}u);
#else
          let s = a${i};
#end
#for j in 0..COLUMNS
          sum${i}_${j} += s * b${j};
#end
        }
#end
      }
#end
      kx++;
      let next_y = kx == sizes.kLengths.y;
      kx = select(kx, 0u, next_y);
      ky += u32(next_y);
      let next_outer = ky == sizes.kLengths.x;
      ky = select(ky, 0u, next_outer);
      a_k += u32(sizes.aSteps.x) + select(0u, u32(sizes.aSteps.y), next_y) + select(0u, u32(sizes.aSteps.z), next_outer);
      b_k += u32(sizes.bSteps.x) + select(0u, u32(sizes.bSteps.y), next_y) + select(0u, u32(sizes.bSteps.z), next_outer);
    }
#if WRAP == 0
    // 2^13 and 8192 - p are the same modulo p.
    if (end < sizes.words) {
#for i in 0..ROWS
#for j in 0..COLUMNS
      sum${i}_${j} = (sum${i}_${j} >> 13u) * beyond + (sum${i}_${j} & 8191);
#end
#end
    }
#end
  }

#if WRAP
  var at = row * sizes.paddedColumns + column;
#for i in 0..ROWS
#for j in 0..COLUMNS
  output[at + ${8 * j}u] = u32(sum${i}_${j});
#end
  at += sizes.paddedColumns;
#end
#else
  let words = sizes.paddedColumns / 2u;
  var at = (modulus * sizes.paddedRows + row) * words + column / 32u * 16u + lane % 8u;
#for i in 0..ROWS
#for j in 0..COLUMNS
  let residue${i}_${j} = sum${i}_${j} - nearest(f32(sum${i}_${j}) * inverse) * p;
#end
#for j in 0..COLUMNS / 2
  output[at + ${8 * j}u] = u32((residue${i}_${2 * j} & 0xffff) | (residue${i}_${2 * j + 1} << 16u));
#end
  at += words;
#end
#end
}
