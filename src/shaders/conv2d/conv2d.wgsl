// The small kernels around convolution that need no subgroups. T: the format of the elements.
#needs T = f32
#use "parts/grid.wgsl"
#use "precision/${T}.wgsl"

struct Sizes {
  channels: u32,
  outChannels: u32,
  taps: u32,
  flip: u32,            // 1: the taps in reverse order
  count: u32,           // elements of the sum
  partStride: u32,      // from one part to the next
  parts: u32,
  zero: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> source: array<${T}_stored>;
@group(0) @binding(2) var<storage, read_write> result: array<${T}_stored>;

/// Weights [channels][taps][outChannels] to [outChannels][taps][channels], 8 channels by 8 output channels in a workgroup.
@compute @workgroup_size(8)
fn transpose(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let c = group.x * 8u + local.x;
  if (c >= sizes.channels) { return; }
  for (var t = 0u; t < sizes.taps; t++) {
    let tap = select(t, sizes.taps - 1u - t, sizes.flip == 1u);
    let at = (c * sizes.taps + tap) * sizes.outChannels;
#for i in 0..8
    {
      let o = group.y * 8u + ${i}u;
      if (o < sizes.outChannels) { result[(o * sizes.taps + t) * sizes.channels + c] = source[at + o]; }
    }
#end
  }
}

/// Sum over parts, in order.
@compute @workgroup_size(64)
fn sum(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let i = element(group, groups, local.x);
  if (i >= sizes.count) { return; }
  ${T}_begin(sizes.zero);
  var total = ${T}_value(0);
  for (var part = 0u; part < sizes.parts; part++) { total = ${T}_add(total, source[part * sizes.partStride + i]); }
  result[i] = total;
}
