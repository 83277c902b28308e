// Gradient of a depthwise convolution by its input, for as many output channels as input channels. An invocation computes COLUMNS pixels
// of rows below one another of the input's gradient: it goes down the rows of the output's gradient, loads each of them once, and adds to
// the input's rows that it was computed from. COLUMNS is a multiple of SX. Places are counted in the padded input. Kernel K, stride S and
// dilation D of rows and columns are written into the code. T: the format of the elements.
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
// Turns of the loop until a row of the input has been seen by all rows of the output that it went into.
#const TURNS = ((KY - 1) * DY + SY) / SY
#const ACTIVE = TURNS * SY
// Columns of the gradient left of the one whose first tap is at the first pixel, and all that are needed.
#const BEFORE = (KX - 1) * DX / SX
#const SPAN = BEFORE + (COLUMNS - 1) / SX + 1

struct Sizes {
  items: u32,           // planes · bands · strips
  strips: u32,          // of COLUMNS pixels in a row
  bands: u32,           // of a plane
  bandTurns: u32,       // rows of the output, SY rows of the input each, in a band
  first: vec2u,         // turn and column of the gradient at which the first band and strip begin
  channels: u32,
  height: u32,          // of the input plane
  width: u32,
  outHeight: u32,
  outWidth: u32,
  padding: vec2u,       // in front: rows, columns
  zero: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> gradient: array<${T}_stored>;
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
  // Of the output's gradient: the turn's row, and the column whose first tap is the first pixel of the strip.
  let firstTurn = sizes.first.x + item / sizes.strips % sizes.bands * sizes.bandTurns;
  let firstColumn = sizes.first.y + item % sizes.strips * ${COLUMNS / SX}u;
  let plane = item / sizes.strips / sizes.bands;
  let channel = plane % sizes.channels;
#for ky in 0..KY
#for kx in 0..KX
  let w${ky}_${kx} = weight[${ky * KX + kx}u * sizes.channels + channel];
#end
#end
#for e in 0..SPAN
  let inside${e} = firstColumn + ${e}u - ${BEFORE}u < sizes.outWidth;
#end
  let left = firstColumn * ${SX}u - sizes.padding.y;
  // Earlier rows of the gradient have a share in the first ones of the band.
  var row = firstTurn - ${TURNS - 1}u;
  var at = (plane * sizes.outHeight + row) * sizes.outWidth + firstColumn - ${BEFORE}u;
  var top = row * ${SY}u - sizes.padding.x;
#for a in 0..ACTIVE
#for p in 0..COLUMNS
  var sum${a}_${p} = ${T}_accumulator(0);
#end
#end

  for (var turn = 0u; turn < sizes.bandTurns + ${TURNS - 1}u; turn++) {
    let seen = row < sizes.outHeight;
#for e in 0..SPAN
    let g${e} = select(${T}_value(0), gradient[at + ${e}u], seen && inside${e});
#end
#for ky in 0..KY
#for kx in 0..KX
#for p in 0..COLUMNS
#const beyond = p - kx * DX + (BEFORE + 1) * SX
#if beyond % SX == 0
    sum${ky * DY}_${p} = ${T}_mac(sum${ky * DY}_${p}, w${ky}_${kx}, g${beyond / SX - 1});
#end
#end
#end
#end
    if (turn >= ${TURNS - 1}u) {
#for a in 0..SY
      if (top + ${a}u < sizes.height) {
        let to = (plane * sizes.height + top + ${a}u) * sizes.width + left;
#for p in 0..COLUMNS
        if (left + ${p}u < sizes.width) { y[to + ${p}u] = sum${a}_${p}; }
#end
      }
#end
    }
#for a in 0..ACTIVE - SY
#for p in 0..COLUMNS
    sum${a}_${p} = sum${a + SY}_${p};
#end
#end
#for a in ACTIVE - SY..ACTIVE
#for p in 0..COLUMNS
    sum${a}_${p} = ${T}_accumulator(0);
#end
#end
    row++;
    at += sizes.outWidth;
    top += ${SY}u;
  }
}
