// Winograd's F(2×2, 3×3) for 3×3 convolutions with stride 1 and padding 1 (Lavin and Gray 2016): each 2×2 tile of the output comes from
// 4×4 input pixels through 16 products for each channel instead of 36. The products are 16 matrix products.
//
// Tiles are numbered over images, rows and columns. Their number is padded; tiles beyond the last are zero.

struct Sizes {
  channels: u32,
  outChannels: u32,
  height: u32,
  width: u32,
  tileColumns: u32,     // tiles in a row
  tileArea: u32,        // tiles of an image
  tiles: u32,           // of all images
  paddedTiles: u32,
  transposed: u32,      // weights: 1 exchanges the channels and turns the kernel around
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> source: array<f32>;
@group(0) @binding(2) var<storage, read_write> result: array<f32>;

/// G g Gᵀ of each pair of channels: [channels][9][outChannels] → [16][channels][outChannels].
@compute @workgroup_size(64)
fn weights(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (group.x + group.y * groups.x) * 64u + lane;
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
#for t in 0..9
  let g${t / 3}${t % 3} = source[at + ${t}u * step];
#end
#for j in 0..3
  let sum${j} = 0.5 * (g0${j} + g2${j});
  let half${j} = 0.5 * g1${j};
  let e0${j} = g0${j};
  let e1${j} = sum${j} + half${j};
  let e2${j} = sum${j} - half${j};
  let e3${j} = g2${j};
#end
#for r in 0..4
  {
    let sum = 0.5 * (e${r}0 + e${r}2);
    let half = 0.5 * e${r}1;
    result[i + ${4 * r}u * pairs] = e${r}0;
    result[i + ${4 * r + 1}u * pairs] = sum + half;
    result[i + ${4 * r + 2}u * pairs] = sum - half;
    result[i + ${4 * r + 3}u * pairs] = e${r}2;
  }
#end
}

struct Tile {
  image: u32,
  row: u32,             // of the output
  column: u32,
}

fn tileAt(t: u32) -> Tile {
  let inImage = t % sizes.tileArea;
  return Tile(t / sizes.tileArea, 2u * (inImage / sizes.tileColumns), 2u * (inImage % sizes.tileColumns));
}

// 4×4 input pixels, one row and column of them before the tile's; zeros outside of the plane.
#for r in 0..4
fn inputRow${r}(tile: Tile, plane: u32) -> vec4f {
  let row = tile.row + ${r}u - 1u;
  let at = plane + row * sizes.width + tile.column;
  let inside = row < sizes.height;
  return vec4f(
    select(0.0, source[at - 1u], inside && tile.column > 0u),
    select(0.0, source[at], inside),
    select(0.0, source[at + 1u], inside && tile.column + 1u < sizes.width),
    select(0.0, source[at + 2u], inside && tile.column + 2u < sizes.width),
  );
}
#end

fn store(at: u32, step: u32, d0: vec4f, d1: vec4f, d2: vec4f, d3: vec4f) {
  let e0 = d0 - d2;
  let e1 = d1 + d2;
  let e2 = d2 - d1;
  let e3 = d1 - d3;
#for r in 0..4
  result[at + ${4 * r}u * step] = e${r}.x - e${r}.z;
  result[at + ${4 * r + 1}u * step] = e${r}.y + e${r}.z;
  result[at + ${4 * r + 2}u * step] = e${r}.z - e${r}.y;
  result[at + ${4 * r + 3}u * step] = e${r}.y - e${r}.w;
#end
}

/// Bᵀ d B of each tile: [N, channels, H, W] → [16][channels][paddedTiles]; lanes are tiles.
@compute @workgroup_size(64)
fn inputs(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let t = group.x * 64u + lane;
  let c = group.y;
  let tile = tileAt(min(t, sizes.tiles - 1u));
  let plane = (tile.image * sizes.channels + c) * sizes.height * sizes.width;
  let kept = select(0.0, 1.0, t < sizes.tiles);
  let at = c * sizes.paddedTiles + t;
  let step = sizes.channels * sizes.paddedTiles;
  store(at, step, kept * inputRow0(tile, plane), kept * inputRow1(tile, plane), kept * inputRow2(tile, plane), kept * inputRow3(tile, plane));
}

/// The same as [16][tiles][channels]; lanes are channels.
@compute @workgroup_size(16)
fn inputsByTile(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let t = group.y + group.z * groups.y;
  let c = group.x * 16u + lane;
  if (t >= sizes.tiles || c >= sizes.channels) { return; }
  let tile = tileAt(t);
  let plane = (tile.image * sizes.channels + c) * sizes.height * sizes.width;
  let step = sizes.tiles * sizes.channels;
  store(t * sizes.channels + c, step, inputRow0(tile, plane), inputRow1(tile, plane), inputRow2(tile, plane), inputRow3(tile, plane));
}

/// Aᵀ m A of each tile: [16][outChannels][paddedTiles] → [N, outChannels, H, W]; lanes are tiles.
@compute @workgroup_size(64)
fn outputs(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let t = group.x * 64u + lane;
  let o = group.y;
  if (t >= sizes.tiles) { return; }
  let start = o * sizes.paddedTiles + t;
  let step = sizes.outChannels * sizes.paddedTiles;
#for j in 0..4
  let m0${j} = source[start + ${j}u * step];
  let m1${j} = source[start + ${4 + j}u * step];
  let m2${j} = source[start + ${8 + j}u * step];
  let m3${j} = source[start + ${12 + j}u * step];
  let e0${j} = m0${j} + m1${j} + m2${j};
  let e1${j} = m1${j} - m2${j} - m3${j};
#end
  let tile = tileAt(t);
  let at = ((tile.image * sizes.outChannels + o) * sizes.height + tile.row) * sizes.width + tile.column;
  let right = tile.column + 1u < sizes.width;
  let below = tile.row + 1u < sizes.height;
  result[at] = e00 + e01 + e02;
  if (right) { result[at + 1u] = e01 - e02 - e03; }
  if (below) { result[at + sizes.width] = e10 + e11 + e12; }
  if (right && below) { result[at + sizes.width + 1u] = e11 - e12 - e13; }
}

/// A g Aᵀ of each tile of the output's gradient: [N, channels, H, W] → [16][tiles][channels]; lanes are channels.
@compute @workgroup_size(16)
fn gradientsByTile(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let t = group.y + group.z * groups.y;
  let c = group.x * 16u + lane;
  if (t >= sizes.tiles || c >= sizes.channels) { return; }
  let tile = tileAt(t);
  let at = ((tile.image * sizes.channels + c) * sizes.height + tile.row) * sizes.width + tile.column;
  let right = tile.column + 1u < sizes.width;
  let below = tile.row + 1u < sizes.height;
  let d0 = vec2f(source[at], select(0.0, source[at + 1u], right));
  let d1 = vec2f(select(0.0, source[at + sizes.width], below), select(0.0, source[at + sizes.width + 1u], right && below));
  let e0 = d0;
  let e1 = d0 + d1;
  let e2 = d0 - d1;
  let e3 = -d1;
  let to = t * sizes.channels + c;
  let step = sizes.tiles * sizes.channels;
#for r in 0..4
  result[to + ${4 * r}u * step] = e${r}.x;
  result[to + ${4 * r + 1}u * step] = e${r}.x + e${r}.y;
  result[to + ${4 * r + 2}u * step] = e${r}.x - e${r}.y;
  result[to + ${4 * r + 3}u * step] = -e${r}.y;
#end
}

/// Gᵀ u G of each pair of channels: [16][channels][outChannels] → [channels][9][outChannels].
@compute @workgroup_size(64)
fn weightGradients(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (group.x + group.y * groups.x) * 64u + lane;
  let pairs = sizes.channels * sizes.outChannels;
  if (i >= pairs) { return; }
#for j in 0..4
  let u0${j} = source[i + ${j}u * pairs];
  let u1${j} = source[i + ${4 + j}u * pairs];
  let u2${j} = source[i + ${8 + j}u * pairs];
  let u3${j} = source[i + ${12 + j}u * pairs];
  let e0${j} = u0${j} + 0.5 * (u1${j} + u2${j});
  let e1${j} = 0.5 * (u1${j} - u2${j});
  let e2${j} = 0.5 * (u1${j} + u2${j}) + u3${j};
#end
  let at = i / sizes.outChannels * 9u * sizes.outChannels + i % sizes.outChannels;
#for r in 0..3
  result[at + ${3 * r}u * sizes.outChannels] = e${r}0 + 0.5 * (e${r}1 + e${r}2);
  result[at + ${3 * r + 1}u * sizes.outChannels] = 0.5 * (e${r}1 - e${r}2);
  result[at + ${3 * r + 2}u * sizes.outChannels] = 0.5 * (e${r}1 + e${r}2) + e${r}3;
#end
}
