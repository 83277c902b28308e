// Maximum pooling over the planes of [N, C, H, W], in three steps that are each other's derivatives: where the maxima
// are, taking the values there, and putting values there. T: the format of the values. A position is the index of an
// element in its plane, as in PyTorch's return_indices.
#needs T = f32
#use "parts/grid.wgsl"
#use "precision/${T}.wgsl"

// Rows and columns of a window.
#const KERNEL = 3

struct Sizes {
  planes: u32,
  height: u32,          // of the input plane
  width: u32,
  outHeight: u32,
  outWidth: u32,
  stride: u32,
  padding: u32,
  reach: u32,           // windows that may cover one row or column
  zero: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> source: array<${T}_stored>;
@group(0) @binding(2) var<storage, read> positions: array<i32>;
@group(0) @binding(3) var<storage, read> values: array<${T}_stored>;
@group(0) @binding(4) var<storage, read_write> output: array<${T}_stored>;
@group(0) @binding(5) var<storage, read_write> found: array<i32>;

// A workgroup goes through one plane row by row: no index has to be taken apart by a division.

// The first of a window's largest elements, row by row; a NaN counts as larger than all, and of several the last is
// taken. Instead of a padded position the nearest one in the plane is read, which the window covers as well: the
// padding never wins.
@compute @workgroup_size(8)
fn positions_of_maxima(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let plane = workgroup_of(group, groups);
  if (plane >= sizes.planes) { return; }
  let base = plane * sizes.height * sizes.width;
  for (var row = 0u; row < sizes.outHeight; row++) {
    let top = row * sizes.stride;
    for (var column = lane; column < sizes.outWidth; column += 8u) {
      let left = column * sizes.stride;
#for kx in 0..KERNEL
      let x${kx} = min(max(left + ${kx}u, sizes.padding) - sizes.padding, sizes.width - 1u);
#end
      var best = (max(top, sizes.padding) - sizes.padding) * sizes.width + x0;
      var largest = source[base + best];
      for (var ky = 0u; ky < ${KERNEL}u; ky++) {
        let y = min(max(top + ky, sizes.padding) - sizes.padding, sizes.height - 1u) * sizes.width;
#for kx in 0..KERNEL
        let value${kx} = source[base + y + x${kx}];
        let wins${kx} = ${T}_less(largest, value${kx}) || ${T}_is_nan(value${kx});
        largest = select(largest, value${kx}, wins${kx});
        best = select(best, y + x${kx}, wins${kx});
#end
      }
      found[(plane * sizes.outHeight + row) * sizes.outWidth + column] = i32(best);
    }
  }
}

// output[window] = values[position of the window's maximum]
@compute @workgroup_size(8)
fn take(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let plane = workgroup_of(group, groups);
  if (plane >= sizes.planes) { return; }
  let windows = sizes.outHeight * sizes.outWidth;
  for (var i = plane * windows + lane; i < (plane + 1u) * windows; i += 8u) {
    output[i] = values[plane * sizes.height * sizes.width + u32(positions[i])];
  }
}

// output[position] = Σ values[window] over the windows whose maximum is there. Windows that are `reach` apart have no element in common,
// so that all of these may add at the same time, and one such set after the other: the order of a sum is fixed.
@compute @workgroup_size(8)
fn put(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  ${T}_begin(sizes.zero);
  let plane = workgroup_of(group, groups);
  let area = sizes.height * sizes.width;
  let base = plane * area;
  // Surplus workgroups do nothing, but the barrier needs all invocations to come to it.
  let end = select(0u, base + area, plane < sizes.planes);
  for (var i = base + lane; i < end; i += 8u) { output[i] = ${T}_stored(0); }
  for (var turn = 0u; turn < sizes.reach * sizes.reach; turn++) {
    storageBarrier();
    let left = turn % sizes.reach;
    for (var row = turn / sizes.reach; row < sizes.outHeight; row += sizes.reach) {
      let first = (plane * sizes.outHeight + row) * sizes.outWidth;
      for (var column = left + lane * sizes.reach; column < sizes.outWidth; column += 8u * sizes.reach) {
        let at = base + u32(positions[first + column]);
        if (at < end) { output[at] = ${T}_add(output[at], values[first + column]); }
      }
    }
  }
}
