// Gradient of a convolution by its weights, any kernel size, stride and padding: an outer product summed over output pixels.
//
// A workgroup is one subgroup of 8 lanes with ROWS output channels × 8·COLUMNS weights of a channel (input channel and tap, flattened) in
// registers. Images are split into parts, whose sums `conv2d.sum` adds in a fixed order.
enable subgroups;
#use "conv2d/weight.sizes.wgsl"

#const ROWS = 32
#const COLUMNS = 4

@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> gradient: array<f32>;
@group(0) @binding(3) var<storage, read_write> partial: array<f32>;

@compute @workgroup_size(8)
fn outer(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let lane = local.x;
  let channel = group.y * ${ROWS}u;
  let area = sizes.height * sizes.width;
  let outArea = sizes.outHeight * sizes.outWidth;
  let image = sizes.weights / sizes.taps * area;
#for j in 0..COLUMNS
  let k${j} = group.x * ${8 * COLUMNS}u + ${8 * j}u + lane;
  let tap${j} = min(k${j}, sizes.weights - 1u) % sizes.taps;
  let plane${j} = min(k${j}, sizes.weights - 1u) / sizes.taps * area;
  let top${j} = tap${j} / sizes.tapColumns - sizes.padding.x;
  let left${j} = tap${j} % sizes.tapColumns - sizes.padding.y;
#end
#for i in 0..ROWS / 8
  let owned${i} = min(channel + ${8 * i}u + lane, sizes.outChannels - 1u) * outArea;
#end
#for i in 0..ROWS
#for j in 0..COLUMNS
  var sum${i}_${j} = 0.0;
#end
#end

  let end = min((group.z + 1u) * sizes.imagesPerPart, sizes.images);
  for (var n = group.z * sizes.imagesPerPart; n < end; n++) {
    for (var row = 0u; row < sizes.outHeight; row++) {
      var at = n * sizes.outChannels * outArea + row * sizes.outWidth;
#for j in 0..COLUMNS
      let inputRow${j} = row * sizes.stride + top${j};
      let inside${j} = inputRow${j} < sizes.height;
      let base${j} = n * image + plane${j} + inputRow${j} * sizes.width;
      var column${j} = left${j};
#end
      for (var column = 0u; column < sizes.outWidth; column++) {
#for i in 0..ROWS / 8
        let g${i} = gradient[owned${i} + at];
#end
#for j in 0..COLUMNS
        let x${j} = select(0.0, x[base${j} + column${j}], inside${j} && column${j} < sizes.width);
#end
#for i in 0..ROWS
        {
          let s = subgroupBroadcast(g${i / 8}, ${i % 8}u);
#for j in 0..COLUMNS
          sum${i}_${j} += s * x${j};
#end
        }
#end
        at++;
#for j in 0..COLUMNS
        column${j} += sizes.stride;
#end
      }
    }
  }

#for j in 0..COLUMNS
  if (k${j} < sizes.weights) {
    let to = (group.z * sizes.weights + k${j}) * sizes.outChannels + channel;
#for i in 0..ROWS
    if (channel + ${i}u < sizes.outChannels) { partial[to + ${i}u] = sum${i}_${j}; }
#end
  }
#end
}
