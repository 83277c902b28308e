// Planes as rows of a matrix, and back: [N, channels, area] and [channels][pitch], whose columns are the pixels of all images, at a pitch
// of whole vec4s. Lanes are pixels. T: the format of the elements; of f32, what is unpacked may be biased before it is stored.
#needs T = f32
#use "precision/${T}.wgsl"
#const BIASED = 0
#if BIASED
#use "conv2d/biased.wgsl" UNIT=f32 FLAGS=bool
#end

struct Sizes {
  images: u32,
  channels: u32,
  area: u32,            // pixels of a plane
  pitch: u32,           // elements of a row of the matrix
#if BIASED
  relu: u32,
  low: f32,
  high: f32,
#end
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> source: array<${T}_stored>;
@group(0) @binding(2) var<storage, read_write> result: array<${T}_stored>;

// Channels of a workgroup; a pixel is found once for so many of them.
const CHANNELS = 8u;
#const UNROLLED = 4

@compute @workgroup_size(64)
fn packPlanes(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let pixel = (group.x + group.z * groups.x) * 64u + lane;
  let image = pixel / sizes.area;
  if (image >= sizes.images) { return; }
  let end = min((group.y + 1u) * CHANNELS, sizes.channels);
  for (var c = group.y * CHANNELS; c < end; c += ${UNROLLED}u) {
    let at = (image * sizes.channels + c) * sizes.area + pixel % sizes.area;
#for i in 0..UNROLLED
    if (c + ${i}u < end) { result[(c + ${i}u) * sizes.pitch + pixel] = source[at + ${i}u * sizes.area]; }
#end
  }
}

@compute @workgroup_size(64)
fn unpackPlanes(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let pixel = (group.x + group.z * groups.x) * 64u + lane;
  let image = pixel / sizes.area;
  if (image >= sizes.images) { return; }
  let end = min((group.y + 1u) * CHANNELS, sizes.channels);
  for (var c = group.y * CHANNELS; c < end; c += ${UNROLLED}u) {
    let to = (image * sizes.channels + c) * sizes.area + pixel % sizes.area;
#for i in 0..UNROLLED
    if (c + ${i}u < end) {
      let value = source[(c + ${i}u) * sizes.pitch + pixel];
#if BIASED
      result[to + ${i}u * sizes.area] = finished(value, channel_of(c + ${i}u), to + ${i}u * sizes.area);
#else
      result[to + ${i}u * sizes.area] = value;
#end
    }
#end
  }
}
