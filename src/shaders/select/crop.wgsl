// Every image of a batch cut out of its padded self at a place of its own, mirrored or not.
#needs STORED = f32
#use "parts/grid.wgsl"

struct Sizes {
  size: u32,          // elements of y
  image: u32,         // elements of an image
  height: u32,
  width: u32,
  padding: i32,
  reflect: u32,       // 1: the padding mirrors the image about its edge pixels; 0: it is zero
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<${STORED}>;
@group(0) @binding(2) var<storage, read> places: array<i32>;
@group(0) @binding(3) var<storage, read_write> y: array<${STORED}>;

/// The coordinate that a padded one shows, or -1 for a zero.
fn source(padded: i32, length: i32) -> i32 {
  var at = padded - sizes.padding;
  if (sizes.reflect == 1u) {
    at = abs(at);
    if (at >= length) { at = 2 * (length - 1) - at; }
  }
  return select(-1, at, at >= 0 && at < length);
}

/// places: top, left, and whether to mirror left and right, for each image.
@compute @workgroup_size(64)
fn crop(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = element(group, groups, lane);
  if (i >= sizes.size) { return; }
  let width = i32(sizes.width);
  let height = i32(sizes.height);
  let place = 3u * (i / sizes.image);
  var column = i32(i % sizes.width);
  if (places[place + 2u] != 0) { column = width - 1 - column; }
  let row = source(places[place] + i32(i / sizes.width % sizes.height), height);
  column = source(places[place + 1u] + column, width);
  var value = ${STORED}(0);
  if (row >= 0 && column >= 0) {
    value = x[i - i % (sizes.height * sizes.width) + u32(row * width + column)];
  }
  y[i] = value;
}
