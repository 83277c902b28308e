// Rows with a 1 at the label.
#use "parts/grid.wgsl"

struct Sizes {
  size: u32,
  classes: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> labels: array<i32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn one_hot(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = element(group, groups, local);
  if (i < sizes.size) {
    y[i] = f32(labels[i / sizes.classes] == i32(i % sizes.classes));
  }
}
