// Convolution, tap by tap: any kernel size, stride and padding, and each parity class of the gradient by input.
//
// A workgroup is one subgroup of 8 lanes and computes ROWS output channels × 8·COLUMNS output pixels in registers. Lanes are pixels;
// a weight is loaded by the lane that owns its channel and broadcast. One tap an iteration: a longer loop body makes the
// compiler spill. Positions are u32 and wrap below zero, so that one comparison covers both borders.
enable subgroups;
#use "conv2d/tap.sizes.wgsl"

#const ROWS = 32
#const COLUMNS = 4
// 1: weights are read four channels at a time (channels divide by 32).
#const VEC4 = 1

@group(0) @binding(1) var<storage, read> x: array<f32>;
#if VEC4
@group(0) @binding(2) var<storage, read> weight: array<vec4f>;
#else
@group(0) @binding(2) var<storage, read> weight: array<f32>;
#end
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(8)
fn tap(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let lane = local.x;
  let channel = group.y * ${ROWS}u;
  let image = sizes.channels * sizes.height * sizes.width;
  let firstPixel = (group.x + group.z * groups.x) * ${8 * COLUMNS}u + lane;
#for j in 0..COLUMNS
  let pixel${j} = firstPixel + ${8 * j}u;
  let n${j} = pixel${j} / sizes.area;
  let row${j} = pixel${j} % sizes.area / sizes.columns;
  let column${j} = pixel${j} % sizes.columns;
  let inputRow${j} = select(OUTSIDE, row${j} * sizes.stride + sizes.firstRow, pixel${j} < sizes.pixels);
  let inputColumn${j} = column${j} * sizes.stride + sizes.firstColumn;
  let base${j} = n${j} * image + (row${j} * sizes.stride + sizes.firstRow) * sizes.width + inputColumn${j};
#end
#if VEC4
#else
#for i in 0..(ROWS + 7) / 8
  let owned${i} = min(channel + ${8 * i}u + lane, sizes.outChannels - 1u);
#end
#end
#for i in 0..ROWS
#for j in 0..COLUMNS
  var sum${i}_${j} = 0.0;
#end
#end

  for (var c = 0u; c < sizes.channels; c++) {
    for (var ky = 0u; ky < sizes.tapRows; ky++) {
      let dy = ky * sizes.tapStep;
      for (var kx = 0u; kx < sizes.tapColumns; kx++) {
        let dx = kx * sizes.tapStep;
        let shift = c * sizes.height * sizes.width + dy * sizes.width + dx;
        let row = sizes.weightOffset + c * sizes.weightChannel + ky * sizes.weightRow + kx * sizes.weightColumn;
#if VEC4
#for i in 0..ROWS / 32
        let w${i} = weight[(row + channel) / 4u + ${8 * i}u + lane];
#end
#else
#for i in 0..(ROWS + 7) / 8
        let w${i} = weight[row + owned${i}];
#end
#end
#for j in 0..COLUMNS
        let x${j} = select(0.0, x[base${j} + shift], inputRow${j} + dy < sizes.height && inputColumn${j} + dx < sizes.width);
#end
#for i in 0..ROWS
        {
#if VEC4
          let s = subgroupBroadcast(w${i / 32}[${i % 4}], ${i % 32 / 4}u);
#else
          let s = subgroupBroadcast(w${i / 8}, ${i % 8}u);
#end
#for j in 0..COLUMNS
          sum${i}_${j} += s * x${j};
#end
        }
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
