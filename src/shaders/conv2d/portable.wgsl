// Convolution for devices without subgroups of 8: the same sums and sizes as `conv2d.tap`, a tile of ROWS output channels × COLUMNS
// output pixels in the registers of each thread. T: the format of the elements.

#needs T = f32
#use "precision/${T}.wgsl"
#use "conv2d/tap.sizes.wgsl"
#const ROWS = 4
#const COLUMNS = 4

@group(0) @binding(1) var<storage, read> x: array<${T}_stored>;
@group(0) @binding(2) var<storage, read> weight: array<${T}_stored>;
@group(0) @binding(3) var<storage, read_write> y: array<${T}_stored>;

@compute @workgroup_size(64)
fn tap(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  ${T}_begin(sizes.zero);
  let channel = group.y * ${ROWS}u;
  let image = sizes.channels * sizes.height * sizes.width;
  let firstPixel = ((group.x + group.z * groups.x) * 64u + local.x) * ${COLUMNS}u;
#for j in 0..COLUMNS
  let pixel${j} = firstPixel + ${j}u;
  let n${j} = pixel${j} / sizes.area;
  let row${j} = pixel${j} % sizes.area / sizes.columns;
  let column${j} = pixel${j} % sizes.columns;
  let inputRow${j} = select(OUTSIDE, row${j} * sizes.stride + sizes.firstRow, pixel${j} < sizes.pixels);
  let inputColumn${j} = column${j} * sizes.stride + sizes.firstColumn;
  let base${j} = n${j} * image + (row${j} * sizes.stride + sizes.firstRow) * sizes.width + inputColumn${j};
#end
#for i in 0..ROWS
  let owned${i} = min(channel + ${i}u, sizes.outChannels - 1u);
#for j in 0..COLUMNS
  var sum${i}_${j} = ${T}_accumulator(0);
#end
#end

  for (var c = 0u; c < sizes.channels; c++) {
    for (var ky = 0u; ky < sizes.tapRows; ky++) {
      let dy = ky * sizes.tapStep;
      for (var kx = 0u; kx < sizes.tapColumns; kx++) {
        let dx = kx * sizes.tapStep;
        let shift = c * sizes.height * sizes.width + dy * sizes.width + dx;
        let row = sizes.weightOffset + c * sizes.weightChannel + ky * sizes.weightRow + kx * sizes.weightColumn;
#for j in 0..COLUMNS
        let x${j} = select(${T}_value(0), x[base${j} + shift], inputRow${j} + dy < sizes.height && inputColumn${j} + dx < sizes.width);
#end
#for i in 0..ROWS
        let w${i} = weight[row + owned${i}];
#for j in 0..COLUMNS
        sum${i}_${j} = ${T}_mac(sum${i}_${j}, w${i}, x${j});
#end
#end
      }
    }
  }

#for j in 0..COLUMNS
  if (pixel${j} < sizes.pixels) {
    let at = sizes.outOffset + n${j} * sizes.outImage + row${j} * sizes.outRow + column${j} * sizes.outColumn + channel * sizes.outChannel;
#for i in 0..ROWS
    if (channel + ${i}u < sizes.outChannels) { y[at + ${i}u * sizes.outChannel] = sum${i}_${j}; }
#end
  }
#end
}
