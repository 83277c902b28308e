// Gradient of a convolution by its weights for GPUs: the same sums as `conv2d/weight`, as a product of the gradient, rows being output
// channels, with the input, columns being its channels under one tap. Where there are few channels, a column is a weight of an output
// channel: channel and tap together. The depth is the output pixels, image after image; it may be split into parts, each a result of its
// own, to be added.
#needs ROWS = 64
#needs COLUMNS = 64
#needs SUMS_A = 8
#needs SUMS_B = 8
#needs DEPTH = 16
#needs A_VEC4 = 0
#needs B_VEC4 = 0
// 1: weights are stored four output channels at a time.
#needs VEC4 = 0
// 1: few channels: a column is channel and tap together.
#needs B_EACH = 0
// 1: planes are not a whole number of tiles: the depth goes on from one image to the next within a tile.
#needs FLAT = 0
#const THREADS = ROWS / SUMS_A * (COLUMNS / SUMS_B)
#use "matmul/block.wgsl" A_ALONG=1 B_ALONG=1

struct Sizes {
  channels: u32,
  tapRows: u32,
  tapColumns: u32,
  outChannels: u32,
  height: u32,          // of the input plane
  width: u32,
  outHeight: u32,
  outWidth: u32,
  stride: u32,
  padding: u32,
  images: u32,
  columnTiles: u32,     // of the columns of a tap
  parts: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<Element_b>;
@group(0) @binding(2) var<storage, read> gradient: array<Element_a>;
#if VEC4
@group(0) @binding(3) var<storage, read_write> partial: array<vec4f>;
#else
@group(0) @binding(3) var<storage, read_write> partial: array<f32>;
#end

/// The tap of this workgroup's columns; 0 where they are of all taps.
var<private> tap_of_columns: u32;
/// The first image of the segment, and where the result of this part begins.
var<private> image_of_segment: u32;
var<private> first_of_partial: u32;

fn out_area() -> u32 {
  return sizes.outHeight * sizes.outWidth;
}

fn area() -> u32 {
  return sizes.height * sizes.width;
}

fn begin_segment(segment: u32) {
  image_of_segment = segment;
}

fn segment_depth() -> u32 {
#if FLAT
  return sizes.images * out_area();
#else
  return out_area();
#end
}

/// Image and pixel of a position of the depth.
fn image_and_pixel(k: u32) -> vec2u {
#if FLAT
  return vec2u(k / out_area(), k % out_area());
#else
  return vec2u(image_of_segment, k);
#end
}

fn place_a(channel: u32, k: u32) -> Place {
  let at = image_and_pixel(k);
  return Place((at.x * sizes.outChannels + channel) * out_area() + at.y, true);
}

fn apart_a() -> u32 {
  return out_area();
}

/// Where the input of an output pixel lies under a tap.
fn input_under(channel: u32, tap: u32, k: u32) -> Place {
  let at = image_and_pixel(k);
  // Both wrap below zero, so that one comparison covers both borders.
  let row = at.y / sizes.outWidth * sizes.stride + tap / sizes.tapColumns - sizes.padding;
  let column = at.y % sizes.outWidth * sizes.stride + tap % sizes.tapColumns - sizes.padding;
  let first = (at.x * sizes.channels + channel) * area();
  return Place(first + row * sizes.width + column, row < sizes.height && column < sizes.width);
}

#if B_EACH
fn place_b(weight: u32, k: u32) -> Place {
  let taps = sizes.tapRows * sizes.tapColumns;
  return input_under(weight / taps, weight % taps, k);
}
#else
fn place_b(channel: u32, k: u32) -> Place {
  return input_under(channel, tap_of_columns, k);
}

fn apart_b() -> u32 {
  return area();
}
#end

fn load_a(at: u32) -> Element_a {
  return gradient[at];
}

fn load_b(at: u32) -> Element_b {
  return x[at];
}

fn store_block(channel: u32, first_column: u32, sums: mat4x4f) {
  let taps = sizes.tapRows * sizes.tapColumns;
#for j in 0..4
  {
    let column = first_column + ${j}u;
#if B_EACH
    let exists = column < sizes.channels * taps;
    let to = first_of_partial + column * sizes.outChannels + channel;
#else
    let exists = column < sizes.channels;
    let to = first_of_partial + (column * taps + tap_of_columns) * sizes.outChannels + channel;
#end
#if VEC4
    if (exists && channel < sizes.outChannels) { partial[to / 4u] = vec4f(sums[0][${j}], sums[1][${j}], sums[2][${j}], sums[3][${j}]); }
#else
#for i in 0..4
    if (exists && channel + ${i}u < sizes.outChannels) { partial[to + ${i}u] = sums[${i}][${j}]; }
#end
#end
  }
#end
}

@compute @workgroup_size(${THREADS})
fn outer(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let taps = sizes.tapRows * sizes.tapColumns;
  tap_of_columns = group.x / sizes.columnTiles;
  first_of_partial = group.z * sizes.channels * taps * sizes.outChannels;
  let turns = (segment_depth() + ${DEPTH - 1}u) / ${DEPTH}u;
#if FLAT
  let all = turns;
#else
  let all = turns * sizes.images;
#end
  let first_turn = group.z * all / sizes.parts;
  let last_turn = (group.z + 1u) * all / sizes.parts;
  multiply_block(group.y * ${ROWS}u, group.x % sizes.columnTiles * ${COLUMNS}u, first_turn, last_turn, turns, lane);
}
