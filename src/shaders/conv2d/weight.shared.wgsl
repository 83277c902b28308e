// Gradient of a convolution by its weights for GPUs: the same sums, sizes and parts as `conv2d.weight` as a matrix product, rows being
// output channels, columns weights of a channel; the depth is the output pixels of all images.
#needs TILE = 64
#const THREADS = TILE / 4 * TILE / 4
#use "matmul/tile.wgsl"
#use "conv2d/weight.sizes.wgsl"

@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> gradient: array<f32>;
@group(0) @binding(3) var<storage, read_write> partial: array<f32>;

alias Row = u32;

struct Column {
  plane: u32,
  top: u32,             // input row and column under output pixel 0; both wrap below zero
  left: u32,
}

fn row_at(channel: u32) -> Row {
  return min(channel, sizes.outChannels - 1u) * sizes.outHeight * sizes.outWidth;
}

fn column_at(column: u32) -> Column {
  let k = min(column, sizes.weights - 1u);
  let tap = k % sizes.taps;
  let plane = k / sizes.taps * sizes.height * sizes.width;
  return Column(plane, tap / sizes.tapColumns - sizes.padding.x, tap % sizes.tapColumns - sizes.padding.y);
}

fn load_a(row: Row, k: u32) -> f32 {
  let outArea = sizes.outHeight * sizes.outWidth;
  return gradient[k / outArea * sizes.outChannels * outArea + row + k % outArea];
}

fn load_b(k: u32, at: Column) -> f32 {
  let outArea = sizes.outHeight * sizes.outWidth;
  let row = k % outArea / sizes.outWidth * sizes.stride + at.top;
  let column = k % sizes.outWidth * sizes.stride + at.left;
  let area = sizes.height * sizes.width;
  let value = x[k / outArea * (sizes.weights / sizes.taps) * area + at.plane + row * sizes.width + column];
  return select(0.0, value, row < sizes.height && column < sizes.width);
}

fn store(at: u32, value: f32) {
  partial[at] = value;
}

@compute @workgroup_size(${THREADS})
fn outer(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let first_channel = group.y * ${TILE}u;
  let first_weight = group.x * ${TILE}u;
  let outArea = sizes.outHeight * sizes.outWidth;
  let begin = group.z * sizes.imagesPerPart * outArea;
  let end = min((group.z + 1u) * sizes.imagesPerPart, sizes.images) * outArea;
  let sums = multiply_tile(first_channel, first_weight, begin, end, lane);
  let channel = first_channel + lane / ${TILE / 4}u * 4u;
  let weight = first_weight + lane % ${TILE / 4}u * 4u;
#for j in 0..4
  {
    let to = (group.z * sizes.weights + weight + ${j}u) * sizes.outChannels + channel;
#for i in 0..4
    if (weight + ${j}u < sizes.weights && channel + ${i}u < sizes.outChannels) { store(to + ${i}u, sums[${i}][${j}]); }
#end
  }
#end
}
