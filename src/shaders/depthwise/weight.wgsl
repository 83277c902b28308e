// Gradient of a depthwise convolution by its weights. An invocation goes down COLUMNS pixels' width of the planes of one output channel in
// some images, has all of its taps in registers and loads every row once: an input row is multiplied by the ACTIVE rows of the output's
// gradient that it has a share in. What it sums up is a part, and `conv2d.sum` adds the parts in a fixed order. Kernel K, stride S
// and dilation D of rows and columns are written into the code. T: the format of the elements.
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
#const ACTIVE = ((KY - 1) * DY + SY) / SY
#const SPAN = (COLUMNS - 1) * SX + (KX - 1) * DX + 1

struct Sizes {
  items: u32,           // channels · strips · parts of the images
  strips: u32,          // of COLUMNS pixels of the output in a row
  images: u32,
  imagesPerPart: u32,
  channels: u32,        // output channels
  multiplier: u32,      // output channels of an input channel
  height: u32,          // of the input plane
  width: u32,
  outHeight: u32,
  outWidth: u32,
  padding: vec2u,       // in front: rows, columns
  zero: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<${T}_stored>;
@group(0) @binding(2) var<storage, read> gradient: array<${T}_stored>;
@group(0) @binding(3) var<storage, read_write> partial: array<${T}_stored>;

@compute @workgroup_size(${WORKGROUP})
fn depthwise(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  ${T}_begin(sizes.zero);
  let item = element(group, groups, lane);
  if (item >= sizes.items) { return; }
  let strip = item % sizes.strips;
  let channel = item / sizes.strips % sizes.channels;
  let part = item / sizes.strips / sizes.channels;
  let firstColumn = strip * ${COLUMNS}u;
  let left = firstColumn * ${SX}u - sizes.padding.y;
#for e in 0..SPAN
  let inside${e} = left + ${e}u < sizes.width;
#end
#for ky in 0..KY
#for kx in 0..KX
  var sum${ky}_${kx} = ${T}_accumulator(0);
#end
#end

  let end = min((part + 1u) * sizes.imagesPerPart, sizes.images);
  for (var n = part * sizes.imagesPerPart; n < end; n++) {
    let plane = n * sizes.channels + channel;
    var row = 0u - sizes.padding.x;
    var at = plane / sizes.multiplier * sizes.height * sizes.width + row * sizes.width + left;
    var inGradient = plane * sizes.outHeight * sizes.outWidth + firstColumn;
#for a in 0..ACTIVE
#for p in 0..COLUMNS
    var g${a}_${p} = ${T}_value(0);
#end
#end
    for (var turn = 0u; turn < sizes.outHeight + ${ACTIVE - 1}u; turn++) {
#for a in 1..ACTIVE
#for p in 0..COLUMNS
      g${a - 1}_${p} = g${a}_${p};
#end
#end
      let there = turn < sizes.outHeight;
#for p in 0..COLUMNS
      g${ACTIVE - 1}_${p} = select(${T}_value(0), gradient[inGradient + ${p}u], there && firstColumn + ${p}u < sizes.outWidth);
#end
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
        sum${away / DY}_${kx} = ${T}_mac(sum${away / DY}_${kx}, g${a}_${p}, x${p * SX + kx * DX});
#end
#end
#end
#end
      }
#end
      row += ${SY}u;
      at += ${SY}u * sizes.width;
      inGradient += sizes.outWidth;
    }
  }

  let to = (part * sizes.strips + strip) * ${KY * KX}u * sizes.channels + channel;
#for ky in 0..KY
#for kx in 0..KX
  partial[to + ${ky * KX + kx}u * sizes.channels] = sum${ky}_${kx};
#end
#end
}
