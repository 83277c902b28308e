// Depthwise convolution: each output channel is made of one input channel. An invocation computes COLUMNS pixels of rows below one another,
// a band of a plane: it goes down the rows of the input, loads each of them once, and adds to the ACTIVE output rows that see it. Kernel
// K, stride S and dilation D of rows and columns are written into the code. Places are u32 and wrap below zero, so that one comparison
// covers both borders. T: the format of the elements; of f32, the result may be normalised or biased before it is stored.
#needs T = f32
#const WORKGROUP = 64
#use "parts/grid.wgsl"
#use "precision/${T}.wgsl"

#const KY = 3
#const KX = 3
#const SY = 1
#const SX = 1
#const DY = 1
#const DX = 1
#const COLUMNS = 4
#const NORMALISED = 0
#const BIASED = 0
#if NORMALISED
#use "conv2d/normalised.wgsl" UNIT=f32 FLAGS=bool
#end
#if BIASED
#use "conv2d/biased.wgsl" UNIT=f32 FLAGS=bool
#end
// Output rows that see an input row, from the one whose last tap it is to the one whose first.
#const ACTIVE = ((KY - 1) * DY + SY) / SY
#const SPAN = (COLUMNS - 1) * SX + (KX - 1) * DX + 1

struct Sizes {
  items: u32,           // planes · bands · strips
  strips: u32,          // of COLUMNS pixels in a row
  bands: u32,           // of a plane
  bandRows: u32,        // output rows of a band
  channels: u32,        // output channels
  multiplier: u32,      // output channels of an input channel
  height: u32,          // of the input plane
  width: u32,
  outHeight: u32,
  outWidth: u32,
  padding: vec2u,       // in front: rows, columns
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
@group(0) @binding(1) var<storage, read> x: array<${T}_stored>;
@group(0) @binding(2) var<storage, read> weight: array<${T}_stored>;
@group(0) @binding(3) var<storage, read_write> y: array<${T}_stored>;

@compute @workgroup_size(${WORKGROUP})
fn depthwise(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  ${T}_begin(sizes.zero);
  let item = element(group, groups, lane);
  if (item >= sizes.items) { return; }
  let firstColumn = item % sizes.strips * ${COLUMNS}u;
  let firstRow = item / sizes.strips % sizes.bands * sizes.bandRows;
  let plane = item / sizes.strips / sizes.bands;
  let channel = plane % sizes.channels;
#for ky in 0..KY
#for kx in 0..KX
  let w${ky}_${kx} = weight[${ky * KX + kx}u * sizes.channels + channel];
#end
#end
#if NORMALISED || BIASED
  let mine = channel_of(channel);
#end
  let left = firstColumn * ${SX}u - sizes.padding.y;
#for e in 0..SPAN
  let inside${e} = left + ${e}u < sizes.width;
#end
  // The output row whose first tap is at `row`, and the one that is complete when that is added.
  var row = firstRow * ${SY}u - sizes.padding.x;
  var at = plane / sizes.multiplier * sizes.height * sizes.width + row * sizes.width + left;
  var to = (plane * sizes.outHeight + firstRow) * sizes.outWidth + firstColumn;
#for a in 0..ACTIVE
#for p in 0..COLUMNS
  var sum${a}_${p} = ${T}_accumulator(0);
#end
#end

  let rows = min(sizes.bandRows, sizes.outHeight - firstRow);
  for (var turn = 0u; turn < rows + ${ACTIVE - 1}u; turn++) {
#for j in 0..SY
    {
      let seen = row + ${j}u < sizes.height;
      let inRow = at + ${j}u * sizes.width;
#for e in 0..SPAN
      let x${e} = select(${T}_value(0), x[inRow + ${e}u], seen && inside${e});
#end
#for a in 0..ACTIVE
#const away = (ACTIVE - 1 - a) * SY + j
#if away % DY == 0 && away / DY < KY
#for kx in 0..KX
#for p in 0..COLUMNS
      sum${a}_${p} = ${T}_mac(sum${a}_${p}, w${away / DY}_${kx}, x${p * SX + kx * DX});
#end
#end
#end
#end
    }
#end
    if (turn >= ${ACTIVE - 1}u) {
#for p in 0..COLUMNS
#if NORMALISED || BIASED
      if (firstColumn + ${p}u < sizes.outWidth) { y[to + ${p}u] = finished(sum0_${p}, mine, to + ${p}u); }
#else
      if (firstColumn + ${p}u < sizes.outWidth) { y[to + ${p}u] = sum0_${p}; }
#end
#end
      to += sizes.outWidth;
    }
#for a in 1..ACTIVE
#for p in 0..COLUMNS
    sum${a - 1}_${p} = sum${a}_${p};
#end
#end
#for p in 0..COLUMNS
    sum${ACTIVE - 1}_${p} = ${T}_accumulator(0);
#end
    row += ${SY}u;
    at += ${SY}u * sizes.width;
  }
}
