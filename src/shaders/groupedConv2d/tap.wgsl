// Convolution by groups of channels, tap by tap: any kernel, strides, dilations and padding, and each pair of residues of the gradient
// by input. An invocation has ROWS output channels of a group × COLUMNS output pixels in registers. Positions are u32 and wrap below
// zero, so that one comparison covers both borders. T: the format of the elements.
// SUBGROUP: a workgroup is one subgroup of 8 lanes, and a weight is loaded by the lane that owns its channel and broadcast.
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
  pixels: u32,          // output pixels of this dispatch: images · rows · columns
  columns: u32,         // of output pixels in a row
  area: u32,            // rows · columns
  rowTiles: u32,        // tiles of a group's output channels
  channels: u32,        // of a group, summed over
  outChannels: u32,     // of a group
  inImage: u32,         // elements of an image of x
  height: u32,          // of the input plane
  width: u32,
  taps: vec2u,          // rows, columns
  tapStep: vec2u,       // input rows and columns from one tap to the next, which may be negative
  stride: vec2u,
  first: vec2u,         // input row and column of output pixel 0 under tap 0
  outImage: u32,        // strides of the output, in elements
  outChannel: u32,
  outRow: u32,
  outColumn: u32,
  outOffset: u32,
  weightGroup: u32,     // strides of the weights, in elements
  weightChannel: u32,   // of channels that are summed over
  weightOut: u32,       // of output channels
  weightRow: u32,
  weightColumn: u32,
  weightOffset: u32,
  zero: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<${T}_stored>;
@group(0) @binding(2) var<storage, read> weight: array<${T}_stored>;
@group(0) @binding(3) var<storage, read_write> y: array<${T}_stored>;

// A row that lies in no plane.
const OUTSIDE = 0x40000000u;

@compute @workgroup_size(${LANES})
fn tap(
  @builtin(workgroup_id) tile: vec3u,
  @builtin(num_workgroups) tiles: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  ${T}_begin(sizes.zero);
  let group = tile.y / sizes.rowTiles;
  let channel = tile.y % sizes.rowTiles * ${ROWS}u;
  let inArea = sizes.height * sizes.width;
  let firstPixel = (tile.x + tile.z * tiles.x) * ${LANES * COLUMNS}u;
  if (firstPixel >= sizes.pixels) { return; }
#for j in 0..COLUMNS
  let pixel${j} = firstPixel + ${j * LANES}u + local.x;
  let n${j} = pixel${j} / sizes.area;
  let row${j} = pixel${j} % sizes.area / sizes.columns;
  let column${j} = pixel${j} % sizes.columns;
  let top${j} = row${j} * sizes.stride.x + sizes.first.x;
  let inputRow${j} = select(OUTSIDE, top${j}, pixel${j} < sizes.pixels);
  let inputColumn${j} = column${j} * sizes.stride.y + sizes.first.y;
  let base${j} = n${j} * sizes.inImage + group * sizes.channels * inArea + top${j} * sizes.width + inputColumn${j};
#end
#if SUBGROUP
#for i in 0..(ROWS + 7) / 8
  let owned${i} = min(channel + ${8 * i}u + local.x, sizes.outChannels - 1u) * sizes.weightOut;
#end
#else
#for i in 0..ROWS
  let owned${i} = min(channel + ${i}u, sizes.outChannels - 1u) * sizes.weightOut;
#end
#end
#for i in 0..ROWS
#for j in 0..COLUMNS
  var sum${i}_${j} = ${T}_accumulator(0);
#end
#end

  let weights = sizes.weightOffset + group * sizes.weightGroup;
  for (var c = 0u; c < sizes.channels; c++) {
    for (var ky = 0u; ky < sizes.taps.x; ky++) {
      let dy = ky * sizes.tapStep.x;
      for (var kx = 0u; kx < sizes.taps.y; kx++) {
        let dx = kx * sizes.tapStep.y;
        let shift = c * inArea + dy * sizes.width + dx;
        let at = weights + c * sizes.weightChannel + ky * sizes.weightRow + kx * sizes.weightColumn;
#for j in 0..COLUMNS
        let x${j} = select(${T}_value(0), x[base${j} + shift], inputRow${j} + dy < sizes.height && inputColumn${j} + dx < sizes.width);
#end
#if SUBGROUP
#for i in 0..(ROWS + 7) / 8
        let owned_weight${i} = weight[at + owned${i}];
#end
#end
#for i in 0..ROWS
        {
#if SUBGROUP
          let w = subgroupBroadcast(owned_weight${i / 8}, ${i % 8}u);
#else
          let w = weight[at + owned${i}];
#end
#for j in 0..COLUMNS
          sum${i}_${j} = ${T}_mac(sum${i}_${j}, w, x${j});
#end
        }
#end
      }
    }
  }

#for j in 0..COLUMNS
  if (pixel${j} < sizes.pixels) {
    let to = sizes.outOffset + n${j} * sizes.outImage + row${j} * sizes.outRow + column${j} * sizes.outColumn
      + (group * sizes.outChannels + channel) * sizes.outChannel;
#for i in 0..ROWS
    if (channel + ${i}u < sizes.outChannels) { y[to + ${i}u * sizes.outChannel] = sum${i}_${j}; }
#end
  }
#end
}
