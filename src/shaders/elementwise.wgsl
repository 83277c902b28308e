// Elementwise operations over views of their inputs. The output is cut into rows (its last dimension), a row into
// chunks; `lanes` neighbouring invocations compute a chunk, one unit (an element, or four) after the other.
// What is computed (BODY) and how each input is read come from ops/fused.ts and ops/fused.kernel.ts.
#const WIDE = 1
#const WORKGROUP = 64
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
  tasks: u32,
  // Invocations of a task, a power of two.
  lanes: u32,
  // Units of a row and of a task; tasks of a row.
  units: u32,
  chunk: u32,
  chunks: u32,
  // All dimensions but the last.
  lengths: array<vec4u, 2>,
  // In units, or in elements for inputs that are constant along a row.
  offsets: array<vec4u, 2>,
  // For each input the strides over `lengths`, and in the last place the stride along a row.
  strides: array<vec4u, ${2 * INPUTS + 2 * (INPUTS == 0)}>,
  scalars: array<vec4u, ${SCALARS}>,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read_write> y: array<Output>;
${DECLARATIONS}

@compute @workgroup_size(${WORKGROUP})
fn rows(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let invocation = (group.y * groups.x + group.x) * ${WORKGROUP}u + local;
  let task = invocation / sizes.lanes;
  if (task >= sizes.tasks) {
    return;
  }
  let row = task / sizes.chunks;
  let first = (task % sizes.chunks) * sizes.chunk;
#for k in 0..INPUTS
  var at${k} = sizes.offsets[${k / 4}][${k % 4}];
#end
#if OUTER > 0
  var rest = row;
#end
#for back in 0..OUTER
#if back < OUTER - 1
  let index${back} = rest % sizes.lengths[${(OUTER - 1 - back) / 4}][${(OUTER - 1 - back) % 4}];
  rest /= sizes.lengths[${(OUTER - 1 - back) / 4}][${(OUTER - 1 - back) % 4}];
#else
  let index${back} = rest;
#end
#for k in 0..INPUTS
  at${k} += index${back} * sizes.strides[${2 * k + (OUTER - 1 - back) / 4}][${(OUTER - 1 - back) % 4}];
#end
#end
  ${PER_ROW}
  let end = min(first + sizes.chunk, sizes.units);
  for (var i = first + invocation % sizes.lanes; i < end; i += sizes.lanes) {
    let place = row * sizes.units + i;
    ${PER_UNIT}
    ${BODY}
    y[place] = ${RESULT};
  }
}
