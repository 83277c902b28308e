// Matrix products of residues modulo p, a workgroup layer for each modulus: output[m, j] ≡ Σ over k of a[k, m] · b[k, j]. Sixteen products
// of residues and one residue stay below 2^24, so that every sum of f32 is exact, in whatever order or with whatever fused operations.
#if SUBGROUP
// A workgroup is one subgroup of 8 lanes and keeps 32 x 32 sums in registers, as in matmul.subgroup.wgsl.
enable subgroups;
#const ROWS = 32
#const COLUMNS = 4
#const LANES = 8
#else
// An invocation keeps 4 x 4 sums; a workgroup of 8 x 8 invocations computes 32 x 32.
#const ROWS = 4
#const COLUMNS = 4
#const LANES = 64
#end

struct Sizes {
  rows: u32,            // filled up to whole tiles
  columns: u32,
  pairs: u32,           // of places of the sum, a multiple of 8
  column_tiles: u32,
  tiles: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> plan: array<u32>;
@group(0) @binding(2) var<storage, read> table: array<vec4f>;
@group(0) @binding(3) var<storage, read> a: array<u32>;
@group(0) @binding(4) var<storage, read> b: array<u32>;
/// Residues of columns j and j + 8 of a group of 16 in one word.
@group(0) @binding(5) var<storage, read_write> output: array<u32>;

fn lower(word: u32) -> f32 {
  return f32(bitcast<i32>(word << 16u) >> 16u);
}

fn upper(word: u32) -> f32 {
  return f32(bitcast<i32>(word) >> 16u);
}

@compute @workgroup_size(${LANES})
fn multiply(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let tile = group.y * groups.x + group.x;
  let modulus = group.z;
  if (tile >= sizes.tiles || modulus >= plan[2]) { return; }
  let p = table[modulus / 4u * 5u][modulus % 4u];
  let inverse = table[modulus / 4u * 5u + 1u][modulus % 4u];
#if SUBGROUP
  let row = tile / sizes.column_tiles * 32u;
  let column = tile % sizes.column_tiles * 32u + lane;
  var a_at = modulus * sizes.pairs * sizes.rows + row + lane;
#else
  // Columns of an invocation are 8 apart, so that its words are whole.
  let row = tile / sizes.column_tiles * 32u + lane / 8u * 4u;
  let column = tile % sizes.column_tiles * 32u + lane % 8u;
  var a_at = modulus * sizes.pairs * sizes.rows + row;
#end
  var b_at = modulus * sizes.pairs * sizes.columns + column;
#for i in 0..ROWS
#for j in 0..COLUMNS
  var sum${i}_${j} = 0.0;
#end
#end

  for (var done = 0u; done < sizes.pairs; done += 8u) {
    for (var step = 0u; step < 8u; step++) {
#for i in 0..4
#if SUBGROUP
      let a_word${i} = a[a_at + ${8 * i}u];
#else
      let a_word${i} = a[a_at + ${i}u];
#end
      let b_word${i} = b[b_at + ${8 * i}u];
#end
      a_at += sizes.rows;
      b_at += sizes.columns;
#for half in 0..2
      {
#for i in 0..4
#if half == 0
        let a${i} = lower(a_word${i});
        let b${i} = lower(b_word${i});
#else
        let a${i} = upper(a_word${i});
        let b${i} = upper(b_word${i});
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
    }
#for i in 0..ROWS
#for j in 0..COLUMNS
    sum${i}_${j} -= round(sum${i}_${j} * inverse) * p;
#end
#end
  }

  let words = sizes.columns / 2u;
  var at = (modulus * sizes.rows + row) * words + column / 32u * 16u + lane % 8u;
#for i in 0..ROWS
#for j in 0..COLUMNS / 2
  output[at + ${8 * j}u] = bitcast<u32>((i32(sum${i}_${2 * j}) & 0xffff) | (i32(sum${i}_${2 * j + 1}) << 16u));
#end
  at += words;
#end
}
