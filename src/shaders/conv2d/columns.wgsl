// Around convolutions as one matrix product: the input's pixels under each tap as a matrix (im2col), and the sum of a matrix of products
// back into a plane (col2im). T: the format of the elements.
#needs T = f32
#use "precision/${T}.wgsl"

struct Sizes {
  images: u32,
  channels: u32,
  height: u32,          // of the input plane
  width: u32,
  outHeight: u32,
  outWidth: u32,
  tapRows: u32,
  tapColumns: u32,
  stride: u32,
  padding: u32,
  pitch: u32,           // elements of a row of the matrix
  zero: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> source: array<${T}_stored>;
@group(0) @binding(2) var<storage, read_write> result: array<${T}_stored>;

// All access to elements of tensors.
fn load(at: u32) -> ${T}_value {
  return source[at];
}

fn store(at: u32, value: ${T}_value) {
  result[at] = value;
}

// Positions and borders are found once for so many channels or pixels; loops around single loads would cost more than the loads.
#const UNROLLED = 4

// Channels of a workgroup.
const CHANNELS = 8u;

/// [N, channels, H, W] → [channels · taps][pitch], columns being output pixels of all images; lanes are pixels.
@compute @workgroup_size(64)
fn columns(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let pixel = (group.x + group.z * groups.x) * 64u + lane;
  let outArea = sizes.outHeight * sizes.outWidth;
  let area = sizes.height * sizes.width;
  let taps = sizes.tapRows * sizes.tapColumns;
  let image = pixel / outArea;
  if (image >= sizes.images) { return; }
  let top = pixel % outArea / sizes.outWidth * sizes.stride - sizes.padding;
  let left = pixel % sizes.outWidth * sizes.stride - sizes.padding;
  let end = min((group.y + 1u) * CHANNELS, sizes.channels);
  for (var c = group.y * CHANNELS; c < end; c += ${UNROLLED}u) {
    let corner = (image * sizes.channels + c) * area + top * sizes.width + left;
    var tap = 0u;
    for (var ky = 0u; ky < sizes.tapRows; ky++) {
      for (var kx = 0u; kx < sizes.tapColumns; kx++) {
        let inside = top + ky < sizes.height && left + kx < sizes.width;
        let at = corner + ky * sizes.width + kx;
        let to = (c * taps + tap) * sizes.pitch + pixel;
#for i in 0..UNROLLED
        if (c + ${i}u < end) { store(to + ${i}u * taps * sizes.pitch, select(${T}_value(0), load(at + ${i}u * area), inside)); }
#end
        tap++;
      }
    }
  }
}

/// The same transposed, [pixels][pitch], pitch ≥ channels · taps; lanes are channels. A workgroup covers a row of
/// output pixels. No more than 8 channels: planes of 4 KiB, say, all fall into the same few lines of a cache.
@compute @workgroup_size(8)
fn columnsByPixel(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let outRow = group.y + group.z * groups.y;
  let image = outRow / sizes.outHeight;
  let c = group.x * 8u + lane;
  if (image >= sizes.images || c >= sizes.channels) { return; }
  let top = outRow % sizes.outHeight * sizes.stride - sizes.padding;
  let plane = (image * sizes.channels + c) * sizes.height * sizes.width;
  let first = outRow * sizes.outWidth * sizes.pitch + c * sizes.tapRows * sizes.tapColumns;
  for (var column = 0u; column < sizes.outWidth; column += ${UNROLLED}u) {
    let left = column * sizes.stride - sizes.padding;
    var to = first + column * sizes.pitch;
    for (var ky = 0u; ky < sizes.tapRows; ky++) {
      let inside = top + ky < sizes.height;
      let row = plane + (top + ky) * sizes.width;
      for (var kx = 0u; kx < sizes.tapColumns; kx++) {
#for i in 0..UNROLLED
        if (column + ${i}u < sizes.outWidth) {
          let x = left + kx + ${i}u * sizes.stride;
          store(to + ${i}u * sizes.pitch, select(${T}_value(0), load(row + x), inside && x < sizes.width));
        }
#end
        to++;
      }
    }
  }
}

/// Products [taps · channels][pitch], columns being output pixels, to [N, channels, H, W]: at each pixel the sum over
/// the taps that reach it. A workgroup covers pixels of one residue modulo the stride in rows and columns, which all
/// have the same taps; lanes are pixels.
@compute @workgroup_size(64)
fn fold(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  ${T}_begin(sizes.zero);
  let residue = vec2u(group.z / sizes.stride, group.z % sizes.stride);
  let rows = (sizes.height + sizes.stride - 1u - residue.x) / sizes.stride;
  let columns = (sizes.width + sizes.stride - 1u - residue.y) / sizes.stride;
  let pixel = group.x * 64u + lane;
  if (pixel >= sizes.images * rows * columns) { return; }
  let image = pixel / (rows * columns);
  let row = pixel % (rows * columns) / columns * sizes.stride + residue.x;
  let column = pixel % columns * sizes.stride + residue.y;
  let area = sizes.height * sizes.width;
  let firstTap = (residue + sizes.padding) % sizes.stride;
  let bottom = (row + sizes.padding - firstTap.x) / sizes.stride;
  let right = (column + sizes.padding - firstTap.y) / sizes.stride;
  let corner = (image * sizes.outHeight + bottom) * sizes.outWidth + right;
  let end = min((group.y + 1u) * CHANNELS, sizes.channels);
  for (var c = group.y * CHANNELS; c < end; c += ${UNROLLED}u) {
#for i in 0..UNROLLED
    var sum${i} = ${T}_value(0);
#end
    // Taps go down and to the right, the output pixels that used them up and to the left; above zero both wrap.
    var y = 0u;
    for (var ky = firstTap.x; ky < sizes.tapRows; ky += sizes.stride) {
      var x = 0u;
      for (var kx = firstTap.y; kx < sizes.tapColumns; kx += sizes.stride) {
        let inside = bottom - y < sizes.outHeight && right - x < sizes.outWidth;
        let at = ((ky * sizes.tapColumns + kx) * sizes.channels + c) * sizes.pitch + corner - y * sizes.outWidth - x;
#for i in 0..UNROLLED
        sum${i} = ${T}_add(sum${i}, select(${T}_value(0), load(at + ${i}u * sizes.pitch), inside));
#end
        x++;
      }
      y++;
    }
    let to = (image * sizes.channels + c) * area + row * sizes.width + column;
#for i in 0..UNROLLED
    if (c + ${i}u < end) { store(to + ${i}u * area, sum${i}); }
#end
  }
}
