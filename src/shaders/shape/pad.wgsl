// Puts a tensor into a larger one of zeros.
#needs TYPE = f32
#use "parts/grid.wgsl"
#const RANK = 1

struct Sizes {
  size: u32,
  shape: array<vec4u, 2>,
  before: array<vec4u, 2>,
  // Shape and strides of x.
  part: array<vec4u, 2>,
  strides: array<vec4u, 2>,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<${TYPE}>;
@group(0) @binding(2) var<storage, read_write> y: array<${TYPE}>;

@compute @workgroup_size(64)
fn pad(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = element(group, groups, local);
  if (i >= sizes.size) {
    return;
  }
  var rest = i;
  var at = 0u;
  var inside = true;
#for back in 0..RANK
  {
    let length = sizes.shape[${(RANK - 1 - back) / 4}][${(RANK - 1 - back) % 4}];
    // In front of x the difference wraps around to a large number.
    let index = rest % length - sizes.before[${(RANK - 1 - back) / 4}][${(RANK - 1 - back) % 4}];
    rest /= length;
    inside = inside && index < sizes.part[${(RANK - 1 - back) / 4}][${(RANK - 1 - back) % 4}];
    at += index * sizes.strides[${(RANK - 1 - back) / 4}][${(RANK - 1 - back) % 4}];
  }
#end
  var value = ${TYPE}(0);
  if (inside) {
    value = x[at];
  }
  y[i] = value;
}
