// Convolution for GPUs: the same sums as `conv2d/tap`, as a product of the weights, rows being output channels, with the input, columns
// being output pixels. The depth is the input channels, tap after tap: where a pixel lies under a tap is found once for all channels. Where
// there are few channels, the depth is channel and tap together. It may be split into parts, each an output of its own, to be added.
#needs ROWS = 64
#needs COLUMNS = 64
#needs SUMS_A = 8
#needs SUMS_B = 8
#needs DEPTH = 16
// 1: the neighbours of a weight belong to the same output channel, as in a gradient by input, which reads the weights as they are.
#needs A_ALONG = 0
#needs A_VEC4 = 0
#needs B_VEC4 = 0
// 1: neighbouring output pixels lie side by side, from the first on; 0: every some pixels, as those of a residue class.
#needs SIDE_BY_SIDE = 1
// 1: and planes are whole vec4s, so that they are stored four at a time.
#needs VEC4 = 0
// 1: few channels: the depth is channel and tap together.
#needs B_EACH = 0
#const THREADS = ROWS / SUMS_A * (COLUMNS / SUMS_B)
#use "matmul/block.wgsl" B_ALONG=0

struct Sizes {
  pixels: u32,          // output pixels of this dispatch: images · rows · columns
  columns: u32,         // of output pixels in a row
  area: u32,            // rows · columns
  channels: u32,        // summed over
  outChannels: u32,
  height: u32,          // of the input plane
  width: u32,
  tapRows: u32,
  tapColumns: u32,
  tapStep: u32,         // input rows (columns) from one tap to the next; 1 or -1
  stride: u32,
  firstRow: u32,        // input row of output row 0 under tap 0
  firstColumn: u32,
  outImage: u32,        // strides of the output, in elements
  outChannel: u32,
  outRow: u32,
  outColumn: u32,
  outOffset: u32,
  outPart: u32,
  weightOut: u32,       // strides of the weights, in elements: from one output channel, one position of the depth, one tap to the next
  weightDepth: u32,
  weightRow: u32,
  weightColumn: u32,
  weightOffset: u32,
  parts: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;

// A row that lies in no plane.
const OUTSIDE = 0x40000000u;

@group(0) @binding(1) var<storage, read> x: array<Element_b>;
@group(0) @binding(2) var<storage, read> weight: array<Element_a>;
#if VEC4
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>;
#else
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
#end

/// The pixel that this invocation loads: its first input element under the first tap, with its row and column, which wrap below zero so
/// that one comparison covers both borders.
var<private> pixel_at: u32;
var<private> pixel_row: u32;
var<private> pixel_column: u32;
/// The tap of the segment: where its weights begin, and how far it is from the first one.
var<private> tap_weight: u32;
var<private> tap_row: u32;
var<private> tap_column: u32;
/// The output of this part.
var<private> first_of_y: u32;

fn find_pixel(pixel: u32) {
  pixel_row = pixel % sizes.area / sizes.columns * sizes.stride + sizes.firstRow;
  pixel_column = pixel % sizes.columns * sizes.stride + sizes.firstColumn;
  pixel_at = (pixel / sizes.area * sizes.channels * sizes.height + pixel_row) * sizes.width + pixel_column;
  if (pixel >= sizes.pixels) { pixel_row = OUTSIDE; }
}

fn begin_segment(segment: u32) {
  let row = segment / sizes.tapColumns;
  let column = segment % sizes.tapColumns;
  tap_weight = sizes.weightOffset + row * sizes.weightRow + column * sizes.weightColumn;
  tap_row = row * sizes.tapStep;
  tap_column = column * sizes.tapStep;
}

fn place_a(channel: u32, k: u32) -> Place {
  return Place(tap_weight + channel * sizes.weightOut + k * sizes.weightDepth, true);
}

fn apart_a() -> u32 {
  return sizes.weightOut;
}

fn depth_a() -> u32 {
  return sizes.weightDepth;
}

/// Where the pixel of this invocation lies in a channel, moved by rows and columns.
fn pixel_under(channel: u32, row: u32, column: u32) -> Place {
  let inside = pixel_row + row < sizes.height && pixel_column + column < sizes.width;
  return Place(pixel_at + (channel * sizes.height + row) * sizes.width + column, inside);
}

#if B_EACH
fn segment_depth() -> u32 {
  return sizes.channels * sizes.tapRows * sizes.tapColumns;
}

fn place_b(pixel: u32, k: u32) -> Place {
  let taps = sizes.tapRows * sizes.tapColumns;
  return pixel_under(k / taps, k % taps / sizes.tapColumns, k % sizes.tapColumns);
}
#else
fn segment_depth() -> u32 {
  return sizes.channels;
}

fn place_b(pixel: u32, channel: u32) -> Place {
  return pixel_under(channel, tap_row, tap_column);
}

fn depth_b() -> u32 {
  return sizes.height * sizes.width;
}
#end

fn load_a(at: u32) -> Element_a {
  return weight[at];
}

fn load_b(at: u32) -> Element_b {
  return x[at];
}

fn store_block(channel: u32, first_pixel: u32, sums: mat4x4f) {
#if VEC4
  let at = first_of_y + first_pixel / sizes.area * sizes.outImage + first_pixel % sizes.area + channel * sizes.outChannel;
#for i in 0..4
  if (first_pixel < sizes.pixels && channel + ${i}u < sizes.outChannels) { y[(at + ${i}u * sizes.outChannel) / 4u] = sums[${i}]; }
#end
#else
#for j in 0..4
  {
    let pixel = first_pixel + ${j}u;
    let image = first_of_y + pixel / sizes.area * sizes.outImage + channel * sizes.outChannel;
#if SIDE_BY_SIDE
    let at = image + pixel % sizes.area;
#else
    let at = image + sizes.outOffset + pixel % sizes.area / sizes.columns * sizes.outRow + pixel % sizes.columns * sizes.outColumn;
#end
#for i in 0..4
    if (pixel < sizes.pixels && channel + ${i}u < sizes.outChannels) { y[at + ${i}u * sizes.outChannel] = sums[${i}][${j}]; }
#end
  }
#end
#end
}

@compute @workgroup_size(${THREADS})
fn tap(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let part = group.y % sizes.parts;
  let first_channel = group.y / sizes.parts * ${ROWS}u;
  let first_pixel = (group.x + group.z * groups.x) * ${COLUMNS}u;
  first_of_y = part * sizes.outPart;
  find_pixel(first_pixel + share_b(lane).row);
#if B_EACH
  let segments = 1u;
#else
  let segments = sizes.tapRows * sizes.tapColumns;
#end
  let turns = (segment_depth() + ${DEPTH - 1}u) / ${DEPTH}u;
  let all = turns * segments;
  multiply_block(first_channel, first_pixel, part * all / sizes.parts, (part + 1u) * all / sizes.parts, turns, lane);
}
