// Sums and maxima over a workgroup of LANES invocations, for kernels in which a workgroup computes one result. SUBGROUP: the workgroup
// is one subgroup; else LANES is a power of two. All invocations must call these functions together.
#needs LANES = 64
#needs SUBGROUP = 0

#if SUBGROUP
enable subgroups;

fn sum_of_lanes(value: f32, lane: u32) -> f32 {
  return subgroupAdd(value);
}

fn max_of_lanes(value: f32, lane: u32) -> f32 {
  return subgroupMax(value);
}
#else
var<workgroup> lane_values: array<f32, ${LANES}>;

fn sum_of_lanes(value: f32, lane: u32) -> f32 {
  lane_values[lane] = value;
  for (var half = ${LANES / 2}u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { lane_values[lane] += lane_values[lane + half]; }
  }
  return workgroupUniformLoad(&lane_values[0]);
}

fn max_of_lanes(value: f32, lane: u32) -> f32 {
  lane_values[lane] = value;
  for (var half = ${LANES / 2}u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { lane_values[lane] = max(lane_values[lane], lane_values[lane + half]); }
  }
  return workgroupUniformLoad(&lane_values[0]);
}
#end
