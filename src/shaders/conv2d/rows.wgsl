// 3×3 convolution, stride 1, padding 1, on unpadded planes. Also the gradient by input, with transposed and flipped weights.
//
// A workgroup is one subgroup of 8 lanes. Lanes are output channels, each with TILES channels × (8·SPAN - 2) pixels in registers.
// 8·SPAN consecutive pixels of a row are loaded at once, each is broadcast once and serves all three taps of the kernel's row.
// Pixels are counted over images, rows and columns with one virtual zero column before each row: it is the border of this row
// on the left and of the row before on the right, so that rows and images follow without gaps.
enable subgroups;

#const TILES = 4
#const SPAN = 4
// 1: weights are read four channels at a time (channels divide by 32, TILES by 4).
#const VEC4 = 1
// 1: the result is normalised, or biased, before it is stored.
#const NORMALISED = 0
#const BIASED = 0
#if NORMALISED
#use "conv2d/normalised.wgsl" UNIT=f32 FLAGS=bool
#end
#if BIASED
#use "conv2d/biased.wgsl" UNIT=f32 FLAGS=bool
#end

struct Sizes {
  channels: u32,        // summed over
  outChannels: u32,
  height: u32,
  width: u32,
  positions: u32,       // images · height · (width + 1)
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
@group(0) @binding(1) var<storage, read> x: array<f32>;
#if VEC4
@group(0) @binding(2) var<storage, read> weight: array<vec4f>;
#else
@group(0) @binding(2) var<storage, read> weight: array<f32>;
#end
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

const OUTSIDE = 0x40000000u;

@compute @workgroup_size(8)
fn rows(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let lane = local.x;
  let pitch = sizes.width + 1u;
  let area = sizes.height * sizes.width;
  let image = sizes.height * pitch;
  let channel = group.y * ${8 * TILES}u;
  let first = (group.x + group.z * groups.x) * ${8 * SPAN - 2}u;

  // Position p stands for the input pixel left of output pixel p; rows are one above. Both wrap below zero.
#for j in 0..SPAN
  let position${j} = first + ${8 * j}u + lane;
  let inImage${j} = position${j} % image;
  let column${j} = inImage${j} % pitch;
  let above${j} = inImage${j} / pitch - 1u;
  let inputRow${j} = select(OUTSIDE, above${j}, column${j} > 0u && position${j} < sizes.positions);
  let base${j} = position${j} / image * sizes.channels * area + above${j} * sizes.width + column${j} - 1u;
#end
#if VEC4
#else
#for i in 0..TILES
  let owned${i} = min(channel + ${8 * i}u + lane, sizes.outChannels - 1u);
#end
#end
#for i in 0..TILES
#for p in 0..8 * SPAN - 2
  var sum${i}_${p} = 0.0;
#end
#end

  var shift = 0u;
  var row = 0u;
  for (var c = 0u; c < sizes.channels; c++) {
    for (var dy = 0u; dy < 3u; dy++) {
#for j in 0..SPAN
      let x${j} = select(0.0, x[base${j} + shift], inputRow${j} + dy < sizes.height);
#end
#for t in 0..3
#if VEC4
#for i in 0..TILES / 4
      let w${t}_${i} = weight[(row + ${t}u * sizes.outChannels + channel) / 4u + ${8 * i}u + lane];
#end
#else
#for i in 0..TILES
      let w${t}_${i} = weight[row + ${t}u * sizes.outChannels + owned${i}];
#end
#end
#end
#for q in 0..8 * SPAN
      {
        let s = subgroupBroadcast(x${q / 8}, ${q % 8}u);
#for t in 0..3
#if q - t >= 0 && q - t < 8 * SPAN - 2
#for i in 0..TILES
#if VEC4
        sum${i}_${q - t} += s * w${t}_${i / 4}[${i % 4}];
#else
        sum${i}_${q - t} += s * w${t}_${i};
#end
#end
#end
#end
      }
#end
      shift += sizes.width;
      row += 3u * sizes.outChannels;
    }
    shift += area - 3u * sizes.width;
  }

#if VEC4
  let mine = channel + 4u * lane;
#else
  let mine = channel + lane;
#end
#if NORMALISED || BIASED
#for i in 0..TILES
#if VEC4
  let constants${i} = channel_of(mine + ${i / 4 * 32 + i % 4}u);
#else
  let constants${i} = channel_of(owned${i});
#end
#end
#end
  var column = first % pitch;
  var outRow = first % image / pitch;
  var at = (first / image * sizes.outChannels + mine) * area + outRow * sizes.width;
#for p in 0..8 * SPAN - 2
  if (column < sizes.width && first + ${p}u < sizes.positions) {
#for i in 0..TILES
#if NORMALISED || BIASED
#if VEC4
    {
      let unit = at + column + ${i / 4 * 32 + i % 4}u * area;
#else
    if (mine + ${8 * i}u < sizes.outChannels) {
      let unit = at + column + ${8 * i}u * area;
#end
      y[unit] = finished(sum${i}_${p}, constants${i}, unit);
    }
#else
#if VEC4
    y[at + column + ${i / 4 * 32 + i % 4}u * area] = sum${i}_${p};
#else
    if (mine + ${8 * i}u < sizes.outChannels) { y[at + column + ${8 * i}u * area] = sum${i}_${p}; }
#end
#end
#end
  }
  column++;
  if (column == pitch) {
    column = 0u;
    outRow++;
    at += sizes.width;
    if (outRow == sizes.height) {
      outRow = 0u;
      at += (sizes.outChannels - 1u) * area;
    }
  }
#end
}
