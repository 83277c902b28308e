// Convolution for GPUs: the same sums and sizes as `conv2d.tap` as a matrix product of the weights, rows being output channels, with the
// input, columns being output pixels; the depth is input channel and tap.
#needs TILE = 64
#const THREADS = TILE / 4 * TILE / 4
#use "matmul/tile.wgsl"
#use "conv2d/tap.sizes.wgsl"

@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

alias Row = u32;

struct Column {
  base: u32,
  row: u32,             // of the input, under tap 0; wraps below zero, so that one comparison covers both borders
  column: u32,
}

fn row_at(row: u32) -> Row {
  return sizes.weightOffset + min(row, sizes.outChannels - 1u);
}

fn column_at(pixel: u32) -> Column {
  let row = pixel % sizes.area / sizes.columns * sizes.stride + sizes.firstRow;
  let column = pixel % sizes.columns * sizes.stride + sizes.firstColumn;
  let base = pixel / sizes.area * sizes.channels * sizes.height * sizes.width + row * sizes.width + column;
  return Column(base, select(OUTSIDE, row, pixel < sizes.pixels), column);
}

struct Depth {
  channel: u32,
  row: u32,             // of the tap
  column: u32,
}

fn depth_at(k: u32) -> Depth {
  let taps = sizes.tapRows * sizes.tapColumns;
  return Depth(k / taps, k % taps / sizes.tapColumns, k % sizes.tapColumns);
}

fn load_a(row: Row, k: u32) -> f32 {
  let at = depth_at(k);
  return weight[row + at.channel * sizes.weightChannel + at.row * sizes.weightRow + at.column * sizes.weightColumn];
}

fn load_b(k: u32, pixel: Column) -> f32 {
  let at = depth_at(k);
  let dy = at.row * sizes.tapStep;
  let dx = at.column * sizes.tapStep;
  let value = x[pixel.base + at.channel * sizes.height * sizes.width + dy * sizes.width + dx];
  return select(0.0, value, pixel.row + dy < sizes.height && pixel.column + dx < sizes.width);
}

fn store(at: u32, value: f32) {
  y[at] = value;
}

@compute @workgroup_size(${THREADS})
fn tap(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let first_channel = group.y * ${TILE}u;
  let first_pixel = (group.x + group.z * groups.x) * ${TILE}u;
  let depth = sizes.channels * sizes.tapRows * sizes.tapColumns;
  let sums = multiply_tile(first_channel, first_pixel, 0u, depth, lane);
  let channel = first_channel + lane / ${TILE / 4}u * 4u;
#for j in 0..4
  {
    let pixel = first_pixel + lane % ${TILE / 4}u * 4u + ${j}u;
    let at = sizes.outOffset + pixel / sizes.area * sizes.outImage + pixel % sizes.area / sizes.columns * sizes.outRow
      + pixel % sizes.columns * sizes.outColumn + channel * sizes.outChannel;
#for i in 0..4
    if (pixel < sizes.pixels && channel + ${i}u < sizes.outChannels) { store(at + ${i}u * sizes.outChannel, sums[${i}][${j}]); }
#end
  }
#end
}
