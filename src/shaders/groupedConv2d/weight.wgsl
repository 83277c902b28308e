// Gradient of a convolution by groups by its weights: an outer product in each group, summed over images and output pixels. An
// invocation has ROWS output channels × COLUMNS weights of one of them (input channel and tap, flattened) in registers. Images are
// split into parts, whose sums `conv2d.sum` adds in a fixed order. T: the format of the elements.
// SUBGROUP: a workgroup is one subgroup of 8 lanes, and a gradient is loaded by the lane that owns its channel and broadcast.
#needs T = f32
#needs LANES = 64
#const SUBGROUP = 0
#if SUBGROUP
enable subgroups;
#end
#use "precision/${T}.wgsl"
#const ROWS = 4
#const COLUMNS = 4

struct Sizes {
  weights: u32,         // of one output channel: channels of a group · taps
  taps: u32,
  tapColumns: u32,
  rowTiles: u32,        // tiles of a group's output channels
  groupOutChannels: u32,
  outChannels: u32,     // of all groups
  inImage: u32,         // elements of an image of x, and of a group's planes in it
  inGroup: u32,
  height: u32,          // of the input plane
  width: u32,
  outHeight: u32,
  outWidth: u32,
  stride: vec2u,        // rows, columns
  dilation: vec2u,
  padding: vec2u,       // in front
  images: u32,
  imagesPerPart: u32,
  zero: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<${T}_stored>;
@group(0) @binding(2) var<storage, read> gradient: array<${T}_stored>;
@group(0) @binding(3) var<storage, read_write> partial: array<${T}_stored>;

@compute @workgroup_size(${LANES})
fn outer(@builtin(workgroup_id) tile: vec3u, @builtin(local_invocation_id) local: vec3u) {
  ${T}_begin(sizes.zero);
  let first = tile.x * ${LANES * COLUMNS}u;
  let group = tile.y / sizes.rowTiles;
  let channel = tile.y % sizes.rowTiles * ${ROWS}u;
  let area = sizes.height * sizes.width;
  let outArea = sizes.outHeight * sizes.outWidth;
#for j in 0..COLUMNS
  let k${j} = first + ${j * LANES}u + local.x;
  let tap${j} = min(k${j}, sizes.weights - 1u) % sizes.taps;
  let plane${j} = group * sizes.inGroup + min(k${j}, sizes.weights - 1u) / sizes.taps * area;
  let top${j} = tap${j} / sizes.tapColumns * sizes.dilation.x - sizes.padding.x;
  let left${j} = tap${j} % sizes.tapColumns * sizes.dilation.y - sizes.padding.y;
#end
#if SUBGROUP
#for i in 0..(ROWS + 7) / 8
  let owned${i} = (group * sizes.groupOutChannels + min(channel + ${8 * i}u + local.x, sizes.groupOutChannels - 1u)) * outArea;
#end
#else
#for i in 0..ROWS
  let owned${i} = (group * sizes.groupOutChannels + min(channel + ${i}u, sizes.groupOutChannels - 1u)) * outArea;
#end
#end
#for i in 0..ROWS
#for j in 0..COLUMNS
  var sum${i}_${j} = ${T}_accumulator(0);
#end
#end

  let end = min((tile.z + 1u) * sizes.imagesPerPart, sizes.images);
  for (var n = tile.z * sizes.imagesPerPart; n < end; n++) {
    for (var row = 0u; row < sizes.outHeight; row++) {
      var at = n * sizes.outChannels * outArea + row * sizes.outWidth;
#for j in 0..COLUMNS
      let inputRow${j} = row * sizes.stride.x + top${j};
      let inside${j} = inputRow${j} < sizes.height;
      let base${j} = n * sizes.inImage + plane${j} + inputRow${j} * sizes.width;
      var column${j} = left${j};
#end
      for (var column = 0u; column < sizes.outWidth; column++) {
#for j in 0..COLUMNS
        let x${j} = select(${T}_value(0), x[base${j} + column${j}], inside${j} && column${j} < sizes.width);
#end
#if SUBGROUP
#for i in 0..(ROWS + 7) / 8
        let owned_gradient${i} = gradient[owned${i} + at];
#end
#end
#for i in 0..ROWS
        {
#if SUBGROUP
          let g = subgroupBroadcast(owned_gradient${i / 8}, ${i % 8}u);
#else
          let g = gradient[owned${i} + at];
#end
#for j in 0..COLUMNS
          sum${i}_${j} = ${T}_mac(sum${i}_${j}, g, x${j});
#end
        }
#end
        at++;
#for j in 0..COLUMNS
        column${j} += sizes.stride.y;
#end
      }
    }
  }

#for j in 0..COLUMNS
  if (k${j} < sizes.weights) {
    let to = (tile.z * sizes.weights + k${j}) * sizes.outChannels + group * sizes.groupOutChannels + channel;
#for i in 0..ROWS
    if (channel + ${i}u < sizes.groupOutChannels) { partial[to + ${i}u] = sum${i}_${j}; }
#end
  }
#end
}
