// Elementwise operations over views of their inputs. The output is walked through in rows, its last dimension, one unit
// (an element, or four) after the other. `lanes` neighbouring invocations share a task: a few rows, or a part of one.
// What is computed (FUNCTIONS, BODY, RESULT) comes from ops/elementwise/fused.ts, and how inputs are read from ops/elementwise/kernel.ts.
#use "parts/grid.wgsl"
#const WIDE = 1
#const WORKGROUP = 64
#needs VIEWS = 1
#needs OUTER = 0
#needs SCALARS = 1
#needs OUTPUT = f32
#needs DECLARATIONS = @group(0) @binding(2) var<storage, read> x0: array<f32>;
#needs FUNCTIONS = // None.
#needs BEGIN = // Nothing.
#needs PER_ROW = // Nothing.
#needs PER_UNIT = let a0 = x0[at0 + i];
#needs BODY = let v0 = a0 + a0;
#needs RESULT = v0
// Formats of two words that are computed in.
#const F32X2 = 0
#const F64 = 0
#if F32X2
#use "precision/f32x2.wgsl"
#end
#if F64
#use "precision/f64.wgsl"
#end
#if WIDE == 4
alias F = vec4f;
alias I = vec4i;
alias U = vec4u;
alias Output = vec4<${OUTPUT}>;
#else
alias F = f32;
alias I = i32;
alias U = u32;
alias Output = ${OUTPUT};
#end

struct Sizes {
  // Invocations that share a task, a power of two, and its logarithm.
  lanes: u32,
  laneBits: u32,
  rows: u32,
  // Rows of a task, if it has several; else its part of one row.
  taskRows: u32,
  units: u32,
  taskUnits: u32,
  // Tasks of a row.
  parts: u32,
  // All dimensions but the last.
  lengths: array<vec4u, 2>,
  // Of each view: in units, or in elements if it is constant along a row.
  offsets: array<vec4u, ${(VIEWS + 3) / 4 + (VIEWS == 0)}>,
  // For each view the strides over `lengths`, and in the last place the stride along a row.
  strides: array<vec4u, ${2 * VIEWS + 2 * (VIEWS == 0)}>,
  // For each view the way to the next row, by the dimension that advances.
  advances: array<vec4u, ${2 * VIEWS + 2 * (VIEWS == 0)}>,
  scalars: array<vec4u, ${SCALARS}>,
  // 0, which no compiler may know, nor that both are the same.
  zero: u32,
  otherZero: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read_write> y: array<Output>;
${DECLARATIONS}

// The same number, of which no compiler knows how it came about: compilers simplify chains of operations as if floats were real
// numbers, and lose NaN, infinities and what rounding took away.
fn opaque(x: F) -> F {
  return bitcast<F>(bitcast<U>(x) ^ U(sizes.zero));
}

// The same number, of which no compiler knows that it is that of another operand, neither.
fn distinct(x: F) -> F {
  return bitcast<F>(bitcast<U>(x) ^ U(sizes.otherZero));
}

${FUNCTIONS}

@compute @workgroup_size(${WORKGROUP})
fn rows(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  ${BEGIN}
  let invocation = element(group, groups, local);
  let task = invocation >> sizes.laneBits;
  let lane = local & (sizes.lanes - 1u);
#if OUTER == 0
  let first = task * sizes.taskUnits + lane;
  let end = min((task + 1u) * sizes.taskUnits, sizes.units);
#for k in 0..VIEWS
  let at${k} = sizes.offsets[${k / 4}][${k % 4}];
#end
  ${PER_ROW}
  for (var i = first; i < end; i += sizes.lanes) {
    let place = i;
    ${PER_UNIT}
    ${BODY}
    y[place] = ${RESULT};
  }
#else
  let first_row = task / sizes.parts * sizes.taskRows;
  let end_row = min(first_row + sizes.taskRows, sizes.rows);
  let start = task % sizes.parts * sizes.taskUnits;
  let first = start + lane;
  let end = min(start + sizes.taskUnits, sizes.units);
#for k in 0..VIEWS
  var at${k} = sizes.offsets[${k / 4}][${k % 4}];
#end
  var rest = first_row;
#for back in 0..OUTER
#if back < OUTER - 1
  var index${back} = rest % sizes.lengths[${(OUTER - 1 - back) / 4}][${(OUTER - 1 - back) % 4}];
  rest /= sizes.lengths[${(OUTER - 1 - back) / 4}][${(OUTER - 1 - back) % 4}];
#else
  var index${back} = rest;
#end
#for k in 0..VIEWS
  at${k} += index${back} * sizes.strides[${2 * k + (OUTER - 1 - back) / 4}][${(OUTER - 1 - back) % 4}];
#end
#end
  for (var row = first_row; row < end_row; row++) {
    ${PER_ROW}
    for (var i = first; i < end; i += sizes.lanes) {
      let place = row * sizes.units + i;
      ${PER_UNIT}
      ${BODY}
      y[place] = ${RESULT};
    }
#for back in 0..OUTER
    index${back}++;
#if back < OUTER - 1
    if (index${back} == sizes.lengths[${(OUTER - 1 - back) / 4}][${(OUTER - 1 - back) % 4}]) {
      index${back} = 0u;
#end
#end
#for up in 0..OUTER
#for k in 0..VIEWS
    at${k} += sizes.advances[${2 * k + up / 4}][${up % 4}];
#end
#if up > 0
    }
#end
#if up < OUTER - 1
    } else {
#end
#end
  }
#end
}
