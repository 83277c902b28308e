// Winograd's F(4×4, 3×3) for 3×3 convolutions with stride 1 and padding 1 (Lavin and Gray 2016): each 4×4 tile of the output comes from
// 6×6 input pixels through 36 products for each channel instead of 144. The products are 36 matrix products.
//
// Tiles are numbered over images, rows and columns. What is transformed is stored by frequency, then as a matrix of channels and tiles.
// The transforms of a line depend on the format T.
#needs T = f32
#use "parts/grid.wgsl"
#use "precision/${T}.wgsl"
#use "conv2d/winograd.${T}.wgsl"
// 1: the pixels of `outputs` are normalised, or biased, before they are stored.
#const NORMALISED = 0
#const BIASED = 0
#if NORMALISED
#use "conv2d/normalised.wgsl" UNIT=f32 FLAGS=bool
#end
#if BIASED
#use "conv2d/biased.wgsl" UNIT=f32 FLAGS=bool
#end

struct Sizes {
  channels: u32,
  outChannels: u32,
  height: u32,
  width: u32,
  tileColumns: u32,     // tiles in a row
  tileRows: u32,
  tiles: u32,           // of all images
  transposed: u32,      // weights: 1 exchanges the channels and turns the kernel around
  channelStride: u32,   // of the transformed tiles, from one channel to the next and from one tile to the next
  tileStride: u32,
  frequencyStride: u32,
  zero: u32,
#if NORMALISED
  relu: u32,
  epsilon: f32,
#end
#if BIASED
  relu: u32,
  low: f32,
  high: f32,
#end
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

#if NORMALISED || BIASED
// The pixel is made opaque by a zero that no compiler knows: else its last sum and what follows are added in another order.
fn store_finished(at: u32, value: f32, channel: Channel) {
  store(at, finished(bitcast<f32>(bitcast<u32>(value) ^ sizes.zero), channel, at));
}
#end

alias Line = array<${T}_value, 6>;
alias Pixels = array<${T}_value, 4>;
alias Taps = array<${T}_value, 3>;

/// G g Gᵀ of each pair of channels: [channels][9][outChannels] → [36][channels][outChannels].
@compute @workgroup_size(64)
fn weights(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  ${T}_begin(sizes.zero);
  let i = element(group, groups, lane);
  let pairs = sizes.channels * sizes.outChannels;
  if (i >= pairs) { return; }
  let c = i / sizes.outChannels;
  let o = i % sizes.outChannels;
  var at = c * 9u * sizes.outChannels + o;
  var step = sizes.outChannels;
  if (sizes.transposed == 1u) {
    at = (o * 9u + 8u) * sizes.channels + c;
    step = 0u - sizes.channels;
  }
#for j in 0..3
  let e${j} = taps_to_frequencies(Taps(load(at + ${j}u * step), load(at + ${3 + j}u * step), load(at + ${6 + j}u * step)));
#end
#for r in 0..6
  let f${r} = taps_to_frequencies(Taps(e0[${r}], e1[${r}], e2[${r}]));
#for j in 0..6
  store(i + ${6 * r + j}u * pairs, f${r}[${j}]);
#end
#end
}

/// Gᵀ u G of each pair of channels: [36][channels][outChannels] → [channels][9][outChannels].
@compute @workgroup_size(64)
fn weightGradients(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  ${T}_begin(sizes.zero);
  let i = element(group, groups, lane);
  let pairs = sizes.channels * sizes.outChannels;
  if (i >= pairs) { return; }
#for j in 0..6
  let e${j} = frequencies_to_taps(Line(
#for r in 0..6
    load(i + ${6 * r + j}u * pairs),
#end
  ));
#end
  let at = i / sizes.outChannels * 9u * sizes.outChannels + i % sizes.outChannels;
#for r in 0..3
  let f${r} = frequencies_to_taps(Line(e0[${r}], e1[${r}], e2[${r}], e3[${r}], e4[${r}], e5[${r}]));
#for j in 0..3
  store(at + ${3 * r + j}u * sizes.outChannels, f${r}[${j}]);
#end
#end
}

struct Tile {
  image: u32,
  row: u32,             // of the output
  column: u32,
}

fn tile_at(t: u32) -> Tile {
  let row = t / sizes.tileColumns;
  return Tile(row / sizes.tileRows, 4u * (row % sizes.tileRows), 4u * (t % sizes.tileColumns));
}

fn transformed_at(t: u32, channel: u32) -> u32 {
  return channel * sizes.channelStride + t * sizes.tileStride;
}

// Six pixels of an input row, one of them before the tile's; zeros outside of the plane.
fn input_row(tile: Tile, plane: u32, r: u32) -> Line {
  let row = tile.row + r - 1u;
  let at = plane + row * sizes.width + tile.column;
  let inside = row < sizes.height;
  return Line(
    select(${T}_value(0), load(at - 1u), inside && tile.column > 0u),
    select(${T}_value(0), load(at), inside),
#for j in 1..5
    select(${T}_value(0), load(at + ${j}u), inside && tile.column + ${j}u < sizes.width),
#end
  );
}

fn transform_inputs(tile: Tile, channel: u32, at: u32) {
  let plane = (tile.image * sizes.channels + channel) * sizes.height * sizes.width;
#for r in 0..6
  let d${r} = input_row(tile, plane, ${r}u);
#end
#for j in 0..6
  let e${j} = pixels_to_frequencies(Line(d0[${j}], d1[${j}], d2[${j}], d3[${j}], d4[${j}], d5[${j}]));
#end
#for r in 0..6
  let f${r} = pixels_to_frequencies(Line(e0[${r}], e1[${r}], e2[${r}], e3[${r}], e4[${r}], e5[${r}]));
#for j in 0..6
  store(at + ${6 * r + j}u * sizes.frequencyStride, f${r}[${j}]);
#end
#end
}

/// Bᵀ d B of each tile of [N, channels, H, W]; lanes are tiles.
@compute @workgroup_size(64)
fn inputs(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  ${T}_begin(sizes.zero);
  let t = group.x * 64u + lane;
  if (t >= sizes.tiles) { return; }
  transform_inputs(tile_at(t), group.y, transformed_at(t, group.y));
}

/// The same; lanes are channels. A workgroup covers a row of tiles. No more than 8 channels: planes of 4 KiB, say, all fall into the same
/// few lines of a cache.
@compute @workgroup_size(8)
fn inputsByTile(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  ${T}_begin(sizes.zero);
  let c = group.x * 8u + lane;
  let first = (group.y + group.z * groups.y) * sizes.tileColumns;
  if (c >= sizes.channels) { return; }
  for (var t = first; t < min(first + sizes.tileColumns, sizes.tiles); t++) {
    transform_inputs(tile_at(t), c, transformed_at(t, c));
  }
}

/// Aᵀ m A of each tile, to [N, outChannels, H, W]; lanes are tiles.
@compute @workgroup_size(64)
fn outputs(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  ${T}_begin(sizes.zero);
  let t = group.x * 64u + lane;
  let o = group.y;
  if (t >= sizes.tiles) { return; }
  let start = transformed_at(t, o);
#for j in 0..6
  let e${j} = frequencies_to_pixels(Line(
#for r in 0..6
    load(start + ${6 * r + j}u * sizes.frequencyStride),
#end
  ));
#end
  let tile = tile_at(t);
#if NORMALISED || BIASED
  let channel = channel_of(o);
#end
  let at = ((tile.image * sizes.outChannels + o) * sizes.height + tile.row) * sizes.width + tile.column;
#for r in 0..4
  if (tile.row + ${r}u < sizes.height) {
    let f = frequencies_to_pixels(Line(e0[${r}], e1[${r}], e2[${r}], e3[${r}], e4[${r}], e5[${r}]));
#for j in 0..4
#if NORMALISED || BIASED
    if (tile.column + ${j}u < sizes.width) { store_finished(at + ${r}u * sizes.width + ${j}u, f[${j}], channel); }
#else
    if (tile.column + ${j}u < sizes.width) { store(at + ${r}u * sizes.width + ${j}u, f[${j}]); }
#end
#end
  }
#end
}

// Four pixels of a row of the output's gradient; zeros outside of the plane.
fn gradient_row(tile: Tile, at: u32, r: u32) -> Pixels {
  let inside = tile.row + r < sizes.height;
  return Pixels(
#for j in 0..4
    select(${T}_value(0), load(at + r * sizes.width + ${j}u), inside && tile.column + ${j}u < sizes.width),
#end
  );
}

/// A g Aᵀ of each tile of the output's gradient [N, channels, H, W]; lanes are channels. A workgroup covers a row of tiles.
@compute @workgroup_size(8)
fn gradientsByTile(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  ${T}_begin(sizes.zero);
  let c = group.x * 8u + lane;
  let first = (group.y + group.z * groups.y) * sizes.tileColumns;
  if (c >= sizes.channels) { return; }
  for (var t = first; t < min(first + sizes.tileColumns, sizes.tiles); t++) {
    let tile = tile_at(t);
    let at = ((tile.image * sizes.channels + c) * sizes.height + tile.row) * sizes.width + tile.column;
#for r in 0..4
    let d${r} = gradient_row(tile, at, ${r}u);
#end
#for j in 0..4
    let e${j} = gradients_to_frequencies(Pixels(d0[${j}], d1[${j}], d2[${j}], d3[${j}]));
#end
    let to = transformed_at(t, c);
#for r in 0..6
    let f${r} = gradients_to_frequencies(Pixels(e0[${r}], e1[${r}], e2[${r}], e3[${r}]));
#for j in 0..6
    store(to + ${6 * r + j}u * sizes.frequencyStride, f${r}[${j}]);
#end
#end
  }
}
