// Residues of a tensor as those of a matrix [k, j]: two neighbouring places k of the sum in one word, filled up with zeros. See
// exactMatmul.gather.wgsl for where an element lies. An invocation arranges sixteen places of one j.

struct Sizes {
  view: array<vec4u, 4>,
  depth: u32,
  pairs: u32,           // of places, a multiple of 8
  first: u32,           // row or column of the matrix that is the first here
  padded: u32,          // rows or columns here, filled up to whole tiles
  source_plane: u32,    // words of a plane of the tensor
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> plan: array<u32>;
@group(0) @binding(2) var<storage, read> source: array<u32>;
@group(0) @binding(3) var<storage, read_write> residues: array<u32>;

@compute @workgroup_size(64)
fn arrange(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (group.x + group.y * groups.x) * 64u + lane;
  if (i >= sizes.pairs / 8u * sizes.padded) { return; }
  let view = sizes.view;
  let column = i % sizes.padded;
  let j = sizes.first + column;
  let jx = j % view[0].w;
  let jy = j / view[0].w % view[0].z;
  let j_at = j / view[0].w / view[0].z * view[1].y;
  let steps = bitcast<vec4i>(view[3]);
  let y_first = i32(jy) * steps.y + steps.z;
  let x_first = i32(jx) * steps.y + steps.w;
  var k = i / sizes.padded * 16u;
  var kx = k % view[0].y;
  var ky = k / view[0].y % view[0].x;
  var ko = k / view[0].y / view[0].x;
  let plane = sizes.pairs * sizes.padded;
  var target_at = k / 2u * sizes.padded + column;
  for (var step = 0u; step < 8u; step++) {
#for half in 0..2
    let y${half} = i32(ky) * steps.x + y_first;
    let x${half} = i32(kx) * steps.x + x_first;
    let row${half} = u32(y${half}) / ${DIVISOR}u;
    let column${half} = u32(x${half}) / ${DIVISOR}u;
    // Negative numbers are large ones here.
    let whole${half} = row${half} * ${DIVISOR}u == u32(y${half}) && column${half} * ${DIVISOR}u == u32(x${half});
    let inside${half} = whole${half} && y${half} >= 0 && x${half} >= 0 && row${half} < view[2].x && column${half} < view[2].y;
    let at${half} = ko * view[1].x + j_at + row${half} * view[1].z + column${half} * view[1].w;
    let exists${half} = inside${half} && j < view[2].w && k < sizes.depth;
    let word${half} = select(0u, at${half} / 2u, exists${half});
    let left${half} = select(0u, 16u, at${half} % 2u == 0u);
    k++;
    kx++;
    let next_row${half} = kx == view[0].y;
    kx = select(kx, 0u, next_row${half});
    ky += u32(next_row${half});
    let next${half} = ky == view[0].x;
    ky = select(ky, 0u, next${half});
    ko += u32(next${half});
#end
    for (var n = 0u; n < plan[2]; n++) {
      let even = select(0u, (source[n * sizes.source_plane + word0] << left0) >> 16u, exists0);
      let odd = select(0u, (source[n * sizes.source_plane + word1] << left1) & 0xffff0000u, exists1);
      residues[n * plane + target_at] = even | odd;
    }
    target_at += sizes.padded;
  }
}
