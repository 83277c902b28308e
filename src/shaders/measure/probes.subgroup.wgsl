// Whether a workgroup of 8 is one subgroup whose lanes are numbered as its invocations: what the subgroup kernels rely on.
enable subgroups;

@group(0) @binding(0) var<storage, read_write> results: array<u32>;

@compute @workgroup_size(8)
fn lanes(@builtin(local_invocation_index) index: u32, @builtin(subgroup_size) size: u32, @builtin(subgroup_invocation_id) lane: u32) {
  let third = subgroupBroadcast(index, 3u);
  results[index] = select(0u, size, lane == index && third == 3u);
}
