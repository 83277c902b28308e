// Sizes of a matrix product by tiles: the same for all kernels.
// 1: the format needs a zero that no compiler may know.
#const ZERO = 0
// 1: several products, one after the other.
#const BATCH = 0
// 1: the depth is in parts.
#const PARTS = 0
struct Sizes {
  rows: u32,
  columns: u32,
  depth: u32,           // summed over
  columnTiles: u32,
  tiles: u32,
#if PARTS
  parts: u32,           // of the depth, each with an output of its own, one after the other
#end
  aRow: u32,            // strides, in elements; of operands.wgsl as they are loaded: floats or vec4s
  aDepth: u32,
  bDepth: u32,
  bColumn: u32,
#if BATCH
  batch: u32,           // products
  aBatch: u32,          // strides from one product to the next
  bBatch: u32,
#end
#if ZERO
  zero: u32,
#end
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
