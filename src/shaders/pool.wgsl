// Maximum pooling over the planes of [N, C, H, W], in three steps that are each other's derivatives: where the maxima are, taking the
// values there, and putting values there. A position is the index of an element in its plane, as in PyTorch's return_indices.

struct Sizes {
  count: u32,           // elements that are written
  height: u32,          // of the input plane
  width: u32,
  outHeight: u32,
  outWidth: u32,
  kernel: u32,
  stride: u32,
  padding: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> positions: array<i32>;
@group(0) @binding(3) var<storage, read> values: array<f32>;
@group(0) @binding(4) var<storage, read_write> output: array<f32>;
@group(0) @binding(5) var<storage, read_write> found: array<i32>;

fn is_nan(value: f32) -> bool {
  return (bitcast<u32>(value) & 0x7fffffffu) > 0x7f800000u;
}

// The first of a window's largest elements, row by row; a NaN counts as larger than all.
@compute @workgroup_size(64)
fn positions_of_maxima(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (group.y * groups.x + group.x) * 64u + local;
  if (i >= sizes.count) { return; }
  let column = i % sizes.outWidth * sizes.stride;
  let rest = i / sizes.outWidth;
  let row = rest % sizes.outHeight * sizes.stride;
  let plane = rest / sizes.outHeight * sizes.height * sizes.width;
  // Padded positions are left out of the loops, so that the padding never wins.
  let top = max(row, sizes.padding) - sizes.padding;
  let left = max(column, sizes.padding) - sizes.padding;
  let bottom = min(row + sizes.kernel - sizes.padding, sizes.height);
  let right = min(column + sizes.kernel - sizes.padding, sizes.width);
  var best = top * sizes.width + left;
  var largest = x[plane + best];
  for (var y = top; y < bottom; y++) {
    for (var at = y * sizes.width + left; at < y * sizes.width + right; at++) {
      let value = x[plane + at];
      if (value > largest || (is_nan(value) && !is_nan(largest))) {
        largest = value;
        best = at;
      }
    }
  }
  found[i] = i32(best);
}

// output[window] = values[position of the window's maximum]
@compute @workgroup_size(64)
fn take(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (group.y * groups.x + group.x) * 64u + local;
  if (i >= sizes.count) { return; }
  let plane = i / (sizes.outHeight * sizes.outWidth) * sizes.height * sizes.width;
  output[i] = values[plane + u32(positions[i])];
}

// output[position] = Σ values[window] over the windows whose maximum is there: gathered, so that the order of the sum is fixed.
@compute @workgroup_size(64)
fn put(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (group.y * groups.x + group.x) * 64u + local;
  if (i >= sizes.count) { return; }
  let area = sizes.height * sizes.width;
  let here = i % area;
  let row = here / sizes.width + sizes.padding;
  let column = here % sizes.width + sizes.padding;
  let plane = i / area * sizes.outHeight * sizes.outWidth;
  // Windows that cover the row: those that start in (row - kernel, row].
  let top = (max(row + 1u, sizes.kernel) - sizes.kernel + sizes.stride - 1u) / sizes.stride;
  let left = (max(column + 1u, sizes.kernel) - sizes.kernel + sizes.stride - 1u) / sizes.stride;
  let bottom = min(row / sizes.stride + 1u, sizes.outHeight);
  let right = min(column / sizes.stride + 1u, sizes.outWidth);
  var total = 0.0;
  for (var y = top; y < bottom; y++) {
    for (var window = plane + y * sizes.outWidth + left; window < plane + y * sizes.outWidth + right; window++) {
      total += select(0.0, values[window], u32(positions[window]) == here);
    }
  }
  output[i] = total;
}
