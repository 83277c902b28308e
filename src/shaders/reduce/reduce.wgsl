// Reductions of x seen as [outer, reduced, kept, inner] to [outer, kept]. How two values become one (COMBINED) comes from
// the op. `rows` reads values side by side (inner > 1), `columns` has inner = 1; one unit is a value, or four.
#const WIDE = 1
#const WORKGROUP = 64
#const SCALED = 1
// 1: values of a format T of two words.
#const MODULE = 0
#use "parts/grid.wgsl"
#if MODULE
#needs T = f64
#use "precision/${T}.wgsl"
#end
// Types of an element and of a unit; expressions of the two combined and of the value that changes nothing.
#needs TYPE = f32
#needs VALUE = f32
#needs COMBINED = a + b
#if WIDE == 4
#needs COMBINED_SCALARS = a + b
#end
#needs IDENTITY = Value(0.0)

alias Scalar = ${TYPE};
alias Value = ${VALUE};

struct Sizes {
  // Outputs times parts.
  jobs: u32,
  // Lengths: `kept` and, for rows, the inner one (`units`), in units.
  kept: u32,
  reduced: u32,
  units: u32,
  // Parts of a reduction: some rows, and of each row some units.
  splits: u32,
  unitParts: u32,
  partRows: u32,
  partUnits: u32,
  // Lanes that share a job, all of a workgroup or one, as a logarithm.
  laneBits: u32,
  // Lanes that read a row together, as a logarithm; the others read further rows.
  unitLaneBits: u32,
  identity: u32,
  zero: u32,
  // Multiplied to an f32 result.
  factor: f32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<Value>;
@group(0) @binding(2) var<storage, read_write> y: array<Scalar>;
@group(0) @binding(2) var<storage, read_write> y_wide: array<Value>;

fn combined(a: Value, b: Value) -> Value {
  return ${COMBINED};
}

#if WIDE == 4
fn combined_scalars(a: Scalar, b: Scalar) -> Scalar {
  return ${COMBINED_SCALARS};
}

fn folded(value: Value) -> Scalar {
  return combined_scalars(combined_scalars(value.x, value.y), combined_scalars(value.z, value.w));
}
#else
fn combined_scalars(a: Scalar, b: Scalar) -> Scalar {
  return combined(a, b);
}

fn folded(value: Value) -> Scalar {
  return value;
}
#end

#if SCALED
fn scaled(value: Scalar) -> Scalar { return value * sizes.factor; }
fn scaled_wide(value: Value) -> Value { return value * sizes.factor; }
#else
fn scaled(value: Scalar) -> Scalar { return value; }
fn scaled_wide(value: Value) -> Value { return value; }
#end

var<workgroup> lane_values: array<Scalar, ${WORKGROUP}>;

@compute @workgroup_size(${WORKGROUP})
fn rows(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
#if MODULE
  ${T}_begin(sizes.zero);
#end
  let lanes = 1u << sizes.laneBits;
  let job = element(group, groups, local) >> sizes.laneBits;
  let lane = local & (lanes - 1u);
  // Divisions are slow and seldom needed.
  var output = job;
  var first_row = 0u;
  var first_unit = 0u;
  if (sizes.splits > 1u) {
    output = job / sizes.splits;
    let part = job - output * sizes.splits;
    first_row = part / sizes.unitParts * sizes.partRows;
    first_unit = part % sizes.unitParts * sizes.partUnits;
  }
  var start = output * sizes.reduced;
  if (sizes.kept > 1u) {
    let outer = output / sizes.kept;
    start = outer * sizes.reduced * sizes.kept + output - outer * sizes.kept;
  }
  // Surplus invocations read nothing, but wait at barriers as the others do.
  let end_row = select(0u, min(first_row + sizes.partRows, sizes.reduced), job < sizes.jobs);
  let end_unit = min(first_unit + sizes.partUnits, sizes.units);
  let unit_lanes = 1u << sizes.unitLaneBits;
  var total = ${IDENTITY};
  for (var row = first_row + (lane >> sizes.unitLaneBits); row < end_row; row += lanes >> sizes.unitLaneBits) {
    let at = (start + row * sizes.kept) * sizes.units;
    for (var unit = first_unit + (lane & (unit_lanes - 1u)); unit < end_unit; unit += unit_lanes) {
      total = combined(total, x[at + unit]);
    }
  }
  lane_values[local] = folded(total);
  for (var half = lanes / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) {
      lane_values[local] = combined_scalars(lane_values[local], lane_values[local + half]);
    }
  }
  if (lane == 0u && job < sizes.jobs) {
    y[job] = scaled(lane_values[local]);
  }
}

@compute @workgroup_size(${WORKGROUP})
fn columns(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let job = element(group, groups, local);
  if (job >= sizes.jobs) {
    return;
  }
#if MODULE
  ${T}_begin(sizes.zero);
#end
  let outputs = sizes.jobs / sizes.splits;
  let output = job % outputs;
  let first_row = job / outputs * sizes.partRows;
  let end_row = min(first_row + sizes.partRows, sizes.reduced);
  let start = output / sizes.kept * sizes.reduced * sizes.kept + output % sizes.kept;
  var total = ${IDENTITY};
  for (var row = first_row; row < end_row; row++) {
    total = combined(total, x[start + row * sizes.kept]);
  }
  y_wide[job] = scaled_wide(total);
}
