// 3×3 convolution, stride 2, padding 0 or 1, on unpadded planes.
//
// A workgroup is one subgroup of 8 lanes and computes PIXELS neighbouring pixels of a row. Lanes are output channels, four each, whose
// weights they load at once; the input's pixels of a row are loaded by all lanes together, each is broadcast once and serves the taps that
// see it, two or one. Places are u32 and wrap below zero, so that one comparison covers both borders.
enable subgroups;

#const PIXELS = 28
// 1: the result is normalised, or biased, before it is stored.
#const NORMALISED = 0
#const BIASED = 0
#if NORMALISED
#use "conv2d/normalised.wgsl" UNIT=f32 FLAGS=bool
#end
#if BIASED
#use "conv2d/biased.wgsl" UNIT=f32 FLAGS=bool
#end
#const READ = 2 * PIXELS + 1
#const LOADS = (READ + 7) / 8

struct Sizes {
  images: u32,
  channels: u32,        // summed over
  outChannels: u32,
  height: u32,
  width: u32,
  outHeight: u32,
  outWidth: u32,
  padding: u32,
  pieces: u32,          // of a row
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
@group(0) @binding(2) var<storage, read> weight: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(8)
fn stride2(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let lane = local.x;
  let piece = group.x + group.z * groups.x;
  let line = piece / sizes.pieces;
  let image = line / sizes.outHeight;
  let row = line % sizes.outHeight;
  let column = piece % sizes.pieces * ${PIXELS}u;
  let area = sizes.height * sizes.width;
  let top = 2u * row - sizes.padding;
  let left = 2u * column - sizes.padding + lane;
#for j in 0..LOADS
  let inside${j} = left + ${8 * j}u < sizes.width && image < sizes.images;
#end
#for i in 0..4
#for p in 0..PIXELS
  var sum${i}_${p} = 0.0;
#end
#end

  var at = image * sizes.channels * area + top * sizes.width + left;
  var tap = 8u * group.y + lane;
  for (var c = 0u; c < sizes.channels; c++) {
    for (var dy = 0u; dy < 3u; dy++) {
      let inRow = top + dy < sizes.height;
#for j in 0..LOADS
      let x${j} = select(0.0, x[at + ${8 * j}u], inRow && inside${j});
#end
#for t in 0..3
      let w${t} = weight[tap + ${t}u * sizes.outChannels / 4u];
#end
#for q in 0..READ
      {
        let s = subgroupBroadcast(x${q / 8}, ${q % 8}u);
#for t in 0..3
#if q - t >= 0 && (q - t) % 2 == 0 && q - t < 2 * PIXELS
#for i in 0..4
        sum${i}_${(q - t) / 2} += s * w${t}[${i}];
#end
#end
#end
      }
#end
      at += sizes.width;
      tap += 3u * sizes.outChannels / 4u;
    }
    at += area - 3u * sizes.width;
  }

  if (image >= sizes.images) { return; }
  let mine = 32u * group.y + 4u * lane;
  let outArea = sizes.outHeight * sizes.outWidth;
  let to = (image * sizes.outChannels + mine) * outArea + row * sizes.outWidth + column;
#if NORMALISED || BIASED
#for i in 0..4
  let constants${i} = channel_of(mine + ${i}u);
#end
#end
#for p in 0..PIXELS
  if (column + ${p}u < sizes.outWidth) {
#for i in 0..4
#if NORMALISED || BIASED
    y[to + ${i}u * outArea + ${p}u] = finished(sum${i}_${p}, constants${i}, to + ${i}u * outArea + ${p}u);
#else
    y[to + ${i}u * outArea + ${p}u] = sum${i}_${p};
#end
#end
  }
#end
}
