// Maximum pooling over the planes of [N, C, H, W] where nobody asks for the positions of the maxima. T: the format of the values.
#needs T = f32
#use "parts/grid.wgsl"
#use "precision/${T}.wgsl"

// Rows and columns of a window.
#const KERNEL = 3
// 1: the last row of a window is the first one of the next, and its maximum is found once.
#const SHARED = 0

struct Sizes {
  planes: u32,
  height: u32,          // of the input plane
  width: u32,
  outHeight: u32,
  outWidth: u32,
  stride: u32,
  padding: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> source: array<${T}_stored>;
@group(0) @binding(2) var<storage, read_write> output: array<${T}_stored>;

// The largest element of each window, as `positions_of_maxima` and `take` of pool.wgsl find it: the largest of its rows' largest, of equal
// ones the first, of NaN the last. Instead of a padded position the nearest one in the plane is read. A workgroup goes through one plane.
@compute @workgroup_size(8)
fn maxima(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let plane = workgroup_of(group, groups);
  if (plane >= sizes.planes) { return; }
  let base = plane * sizes.height * sizes.width;
  for (var column = lane; column < sizes.outWidth; column += 8u) {
    let left = column * sizes.stride;
#for kx in 0..KERNEL
    let x${kx} = base + min(max(left + ${kx}u, sizes.padding) - sizes.padding, sizes.width - 1u);
#end
    var largest = ${T}_stored(0);
    var inRow = ${T}_stored(0);
    for (var row = 0u; row < sizes.outHeight; row++) {
#if SHARED
      largest = inRow;
      for (var ky = min(row, 1u); ky < ${KERNEL}u; ky++) {
#else
      for (var ky = 0u; ky < ${KERNEL}u; ky++) {
#end
        let y = min(max(row * sizes.stride + ky, sizes.padding) - sizes.padding, sizes.height - 1u) * sizes.width;
        inRow = source[y + x0];
#for kx in 1..KERNEL
        let value${kx} = source[y + x${kx}];
        inRow = select(inRow, value${kx}, ${T}_less(inRow, value${kx}) || ${T}_is_nan(value${kx}));
#end
        largest = select(largest, inRow, ky == 0u || ${T}_less(largest, inRow) || ${T}_is_nan(inRow));
      }
      output[(plane * sizes.outHeight + row) * sizes.outWidth + column] = largest;
    }
  }
}
