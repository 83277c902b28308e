// Sizes of a convolution, tap by tap: the same for all kernels.

struct Sizes {
  pixels: u32,          // output pixels of this dispatch: images · rows · columns
  columns: u32,         // of output pixels in a row
  area: u32,            // rows · columns
  channels: u32,        // summed over
  outChannels: u32,
  height: u32,          // of the input plane
  width: u32,
  tapRows: u32,
  tapColumns: u32,
  tapStep: u32,         // input rows (columns) from one tap to the next; 1 or -1
  stride: u32,
  firstRow: u32,        // input row of output row 0 under tap 0
  firstColumn: u32,
  outImage: u32,        // strides of the output, in elements
  outChannel: u32,
  outRow: u32,
  outColumn: u32,
  outOffset: u32,
  weightChannel: u32,   // strides of the weights, in elements
  weightRow: u32,
  weightColumn: u32,
  weightOffset: u32,
  zero: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;

// A row that lies in no plane.
const OUTSIDE = 0x40000000u;
