// Gradient of a convolution by its weights for devices without subgroups of 8: the same sums, sizes and parts as `conv2d.weight`, a
// tile of ROWS output channels × COLUMNS weights in the registers of each thread. T: the format of the elements.

#needs T = f32
#use "precision/${T}.wgsl"
#use "conv2d/weight.sizes.wgsl"
#const ROWS = 4
#const COLUMNS = 4

@group(0) @binding(1) var<storage, read> x: array<${T}_stored>;
@group(0) @binding(2) var<storage, read> gradient: array<${T}_stored>;
@group(0) @binding(3) var<storage, read_write> partial: array<${T}_stored>;

@compute @workgroup_size(64)
fn outer(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  ${T}_begin(sizes.zero);
  let channel = group.y * ${ROWS}u;
  let area = sizes.height * sizes.width;
  let outArea = sizes.outHeight * sizes.outWidth;
  let image = sizes.weights / sizes.taps * area;
#for j in 0..COLUMNS
  let k${j} = (group.x * 64u + local.x) * ${COLUMNS}u + ${j}u;
  let tap${j} = min(k${j}, sizes.weights - 1u) % sizes.taps;
  let plane${j} = min(k${j}, sizes.weights - 1u) / sizes.taps * area;
  let top${j} = tap${j} / sizes.tapColumns - sizes.padding.x;
  let left${j} = tap${j} % sizes.tapColumns - sizes.padding.y;
#end
#for i in 0..ROWS
  let owned${i} = min(channel + ${i}u, sizes.outChannels - 1u) * outArea;
#for j in 0..COLUMNS
  var sum${i}_${j} = ${T}_accumulator(0);
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
#for j in 0..COLUMNS
        let x${j} = select(${T}_value(0), x[base${j} + column${j}], inside${j} && column${j} < sizes.width);
#end
#for i in 0..ROWS
        let g${i} = gradient[owned${i} + at];
#for j in 0..COLUMNS
        sum${i}_${j} = ${T}_mac(sum${i}_${j}, g${i}, x${j});
#end
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
