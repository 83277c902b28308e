// Pooling over the planes of [N, C, H, W] by windows of any kernel, strides, dilations and padding: where the maxima are, the sums of
// windows, and the transpose of these sums. A workgroup goes through a band of one plane row by row. Places are u32 and wrap below zero, so
// that one comparison covers both borders. T: the format of the values.
#needs T = f32
#use "parts/grid.wgsl"
#use "precision/${T}.wgsl"

struct Sizes {
  workgroups: u32,      // planes · bands
  bands: u32,           // of a plane that is written
  bandRows: u32,
  height: u32,          // of the plane that windows slide over
  width: u32,
  windows: vec2u,       // rows and columns of windows
  kernel: vec2u,        // rows, columns
  stride: vec2u,
  dilation: vec2u,
  padding: vec2u,       // in front
  zero: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> source: array<${T}_stored>;
@group(0) @binding(2) var<storage, read_write> output: array<${T}_stored>;
@group(0) @binding(3) var<storage, read_write> found: array<i32>;

// The first of a window's largest elements, row by row; a NaN counts as larger than all, and of several the last is taken. Every window
// has an element.
@compute @workgroup_size(8)
fn positions_of_maxima(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let number = workgroup_of(group, groups);
  if (number >= sizes.workgroups) { return; }
  let plane = number / sizes.bands;
  let base = plane * sizes.height * sizes.width;
  let first = number % sizes.bands * sizes.bandRows;
  let end = min(first + sizes.bandRows, sizes.windows.x);
  for (var row = first; row < end; row++) {
    for (var column = lane; column < sizes.windows.y; column += 8u) {
      var best = 0u;
      var largest = source[base];
      var any = false;
      for (var ky = 0u; ky < sizes.kernel.x; ky++) {
        let y = row * sizes.stride.x + ky * sizes.dilation.x - sizes.padding.x;
        for (var kx = 0u; kx < sizes.kernel.y; kx++) {
          let x = column * sizes.stride.y + kx * sizes.dilation.y - sizes.padding.y;
          if (y < sizes.height && x < sizes.width) {
            let at = y * sizes.width + x;
            let value = source[base + at];
            let wins = !any || ${T}_less(largest, value) || ${T}_is_nan(value);
            largest = select(largest, value, wins);
            best = select(best, at, wins);
            any = true;
          }
        }
      }
      found[(plane * sizes.windows.x + row) * sizes.windows.y + column] = i32(best);
    }
  }
}

// output[window] = Σ source[position] over the positions of the window in the plane, row by row
@compute @workgroup_size(8)
fn sums(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  ${T}_begin(sizes.zero);
  let number = workgroup_of(group, groups);
  if (number >= sizes.workgroups) { return; }
  let plane = number / sizes.bands;
  let first = number % sizes.bands * sizes.bandRows;
  let end = min(first + sizes.bandRows, sizes.windows.x);
  for (var row = first; row < end; row++) {
    for (var column = lane; column < sizes.windows.y; column += 8u) {
      var total = ${T}_value(0);
      for (var ky = 0u; ky < sizes.kernel.x; ky++) {
        let y = row * sizes.stride.x + ky * sizes.dilation.x - sizes.padding.x;
        if (y < sizes.height) {
          for (var kx = 0u; kx < sizes.kernel.y; kx++) {
            let x = column * sizes.stride.y + kx * sizes.dilation.y - sizes.padding.y;
            if (x < sizes.width) {
              total = ${T}_add(total, source[(plane * sizes.height + y) * sizes.width + x]);
            }
          }
        }
      }
      output[(plane * sizes.windows.x + row) * sizes.windows.y + column] = total;
    }
  }
}

// Windows along an axis that see a place of the padded plane: from the first to the last, if `dilation` divides the way to the place.
fn first_window(place: u32, extent: u32, stride: u32) -> u32 {
  return select(0u, (place - extent) / stride + 1u, place >= extent);
}

fn last_window(place: u32, windows: u32, stride: u32) -> u32 {
  return min(place / stride, windows - 1u);
}

// output[position] = Σ source[window] over the windows that the position is in, row by row
@compute @workgroup_size(8)
fn spread(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  ${T}_begin(sizes.zero);
  let number = workgroup_of(group, groups);
  if (number >= sizes.workgroups) { return; }
  let plane = number / sizes.bands;
  let first = number % sizes.bands * sizes.bandRows;
  let end = min(first + sizes.bandRows, sizes.height);
  let extent = (sizes.kernel - 1u) * sizes.dilation + 1u;
  for (var row = first; row < end; row++) {
    let y = row + sizes.padding.x;
    let top = first_window(y, extent.x, sizes.stride.x);
    let bottom = last_window(y, sizes.windows.x, sizes.stride.x);
    for (var column = lane; column < sizes.width; column += 8u) {
      let x = column + sizes.padding.y;
      let left = first_window(x, extent.y, sizes.stride.y);
      let right = last_window(x, sizes.windows.y, sizes.stride.y);
      var total = ${T}_value(0);
      for (var wy = top; wy <= bottom; wy++) {
        if ((y - wy * sizes.stride.x) % sizes.dilation.x == 0u) {
          for (var wx = left; wx <= right; wx++) {
            if ((x - wx * sizes.stride.y) % sizes.dilation.y == 0u) {
              total = ${T}_add(total, source[(plane * sizes.windows.x + wy) * sizes.windows.y + wx]);
            }
          }
        }
      }
      output[(plane * sizes.height + row) * sizes.width + column] = total;
    }
  }
}
