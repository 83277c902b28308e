// Gradient of a 3×3 convolution (stride 1, padding 1) by its weights.
//
// A workgroup is one subgroup of 8 lanes. Lanes are input channels, each with its nine taps × ROWS output channels in registers; the
// 3×3 window slides along a row, so that a pixel needs three new values. Images are split into parts as in `conv2d.weight`.
enable subgroups;

#const ROWS = 16

struct Sizes {
  channels: u32,
  outChannels: u32,
  height: u32,
  width: u32,
  images: u32,
  imagesPerPart: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> gradient: array<f32>;
@group(0) @binding(3) var<storage, read_write> partial: array<f32>;

@compute @workgroup_size(8)
fn window(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let lane = local.x;
  let channel = group.y * ${ROWS}u;
  let area = sizes.height * sizes.width;
  let c = group.x * 8u + lane;
  let plane = min(c, sizes.channels - 1u) * area;
#for i in 0..ROWS / 8
  let owned${i} = min(channel + ${8 * i}u + lane, sizes.outChannels - 1u) * area;
#end
#for i in 0..ROWS
#for t in 0..9
  var sum${i}_${t} = 0.0;
#end
#end

  let end = min((group.z + 1u) * sizes.imagesPerPart, sizes.images);
  for (var n = group.z * sizes.imagesPerPart; n < end; n++) {
    for (var row = 0u; row < sizes.height; row++) {
      var at = n * sizes.outChannels * area + row * sizes.width;
#for r in 0..3
      let inside${r} = row + ${r}u - 1u < sizes.height;
      var base${r} = n * sizes.channels * area + plane + (row + ${r}u - 1u) * sizes.width;
      var x${3 * r} = 0.0;
      var x${3 * r + 1} = select(0.0, x[base${r}], inside${r});
#end
      for (var column = 1u; column <= sizes.width; column++) {
#for i in 0..ROWS / 8
        let g${i} = gradient[owned${i} + at];
#end
#for r in 0..3
        let x${3 * r + 2} = select(0.0, x[base${r} + column], inside${r} && column < sizes.width);
#end
#for i in 0..ROWS
        {
          let s = subgroupBroadcast(g${i / 8}, ${i % 8}u);
#for t in 0..9
          sum${i}_${t} += s * x${t};
#end
        }
#end
#for r in 0..3
        x${3 * r} = x${3 * r + 1};
        x${3 * r + 1} = x${3 * r + 2};
#end
        at++;
      }
    }
  }

  if (c < sizes.channels) {
#for t in 0..9
    {
      let to = ((group.z * sizes.channels + c) * 9u + ${t}u) * sizes.outChannels + channel;
#for i in 0..ROWS
      if (channel + ${i}u < sizes.outChannels) { partial[to + ${i}u] = sum${i}_${t}; }
#end
    }
#end
  }
}
