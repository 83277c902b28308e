struct Sizes {
  outer: u32,
  reduced: u32,
  kept: u32,
  inner: u32,
  width: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(1)
fn simple(@builtin(workgroup_id) group: vec3u) {
  let i = group.y * sizes.width + group.x;
  if (i >= sizes.outer * sizes.kept) {
    return;
  }
  let outer = i / sizes.kept;
  let kept = i % sizes.kept;
  var total = 0.0;
  for (var r = 0u; r < sizes.reduced; r++) {
    var part = 0.0;
    for (var k = 0u; k < sizes.inner; k++) {
      part += x[((outer * sizes.reduced + r) * sizes.kept + kept) * sizes.inner + k];
    }
    total += part;
  }
  y[i] = total;
}
