// Sizes of the gradient of a convolution by its weights: the same for all kernels.

struct Sizes {
  weights: u32,         // of one output channel: channels · taps
  taps: u32,
  tapColumns: u32,
  outChannels: u32,
  height: u32,          // of the input plane
  width: u32,
  outHeight: u32,
  outWidth: u32,
  stride: u32,
  padding: vec2u,       // rows, columns
  images: u32,
  imagesPerPart: u32,
  zero: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
