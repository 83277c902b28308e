// 3×3 convolution, stride 1, padding 1, on narrow unpadded planes. Also the gradient by input, with transposed and flipped weights.
//
// A workgroup is one subgroup of 8 lanes and computes a band of whole rows. Lanes are output channels, each with ROWS · WIDTH pixels in
// registers. The rows of the input that a band needs lie one after the other, so lanes load four pixels at a time and none twice; what
// lies left and right of a row is never loaded nor added. More pixels a lane would load the weights less often, but make code that
// does not fit into the instruction cache of a CPU that stands in for a GPU.
enable subgroups;

#const WIDTH = 32
#const ROWS = 2
// 1: the result is normalised, or biased, before it is stored.
#const NORMALISED = 0
#const BIASED = 0
#if NORMALISED
#use "conv2d/normalised.wgsl" UNIT=vec4f FLAGS=vec4<bool>
#end
#if BIASED
#use "conv2d/biased.wgsl" UNIT=vec4f FLAGS=vec4<bool>
#end
#const ROWS_READ = ROWS + 2
#const LOADS = (ROWS_READ * WIDTH + 31) / 32

struct Sizes {
  channels: u32,        // summed over
  outChannels: u32,
  height: u32,
  bands: u32,           // of an image
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
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>;

@compute @workgroup_size(8)
fn bands(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let lane = local.x;
  let band = group.x + group.z * groups.x;
  let image = band / sizes.bands;
  let row = band % sizes.bands * ${ROWS}u;
  let channel = 8u * group.y + lane;
  let area = sizes.height * ${WIDTH / 4}u;

  // Four pixels of the row above the band, and on. Rows above the plane wrap below zero.
  var at = image * sizes.channels * area + (row - 1u) * ${WIDTH / 4}u + lane;
#for l in 0..LOADS
  let inside${l} = row - 1u + (lane + ${8 * l}u) / ${WIDTH / 4}u < sizes.height;
#end
  var tap = channel;
#for r in 0..ROWS
#for p in 0..WIDTH
  var sum${r}_${p} = 0.0;
#end
#end

  for (var c = 0u; c < sizes.channels; c++) {
#for l in 0..LOADS
    let x${l} = select(vec4f(), x[at + ${8 * l}u], inside${l});
#end
#for t in 0..9
    let w${t} = weight[tap + ${t}u * sizes.outChannels];
#end
#for i in 0..ROWS_READ
#for q in 0..WIDTH
#const e = i * WIDTH + q
    {
      let s = subgroupBroadcast(x${e / 32}[${e % 4}], ${e % 32 / 4}u);
#for dy in 0..3
#for dx in 0..3
#if i - dy >= 0 && i - dy < ROWS && q + 1 - dx >= 0 && q + 1 - dx < WIDTH
      sum${i - dy}_${q + 1 - dx} += s * w${3 * dy + dx};
#end
#end
#end
    }
#end
#end
    at += area;
    tap += 9u * sizes.outChannels;
  }

#if NORMALISED || BIASED
  let mine = channel_of(channel);
#end
  let to = (image * sizes.outChannels + channel) * area + row * ${WIDTH / 4}u;
#for r in 0..ROWS
  if (row + ${r}u < sizes.height) {
#for v in 0..WIDTH / 4
#const p = 4 * v
    let value${v} = vec4f(sum${r}_${p}, sum${r}_${p + 1}, sum${r}_${p + 2}, sum${r}_${p + 3});
    let unit${v} = to + ${r * WIDTH / 4 + v}u;
#if NORMALISED || BIASED
    y[unit${v}] = finished(value${v}, mine, unit${v});
#else
    y[unit${v}] = value${v};
#end
#end
  }
#end
}
