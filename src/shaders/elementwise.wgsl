// Elementwise operations over views of their inputs. What is computed (BODY) comes from the ops; see ops/fused.ts.
alias F = f32;
alias I = i32;
alias U = u32;

struct Sizes {
  size: u32,
  // Invocations of a row of the grid, which is folded where it exceeds the device's limit.
  width: u32,
  shape: array<vec4u, 2>,
  offsets: array<vec4u, 2>,
  strides: array<vec4u, ${2 * VIEWS}>,
  scalars: array<vec4u, ${SCALARS}>,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read_write> y: array<${OUTPUT}>;
${DECLARATIONS}

@compute @workgroup_size(64)
fn strided(@builtin(global_invocation_id) id: vec3u) {
  let i = id.y * sizes.width + id.x;
  if (i >= sizes.size) {
    return;
  }
  var rest = i;
#for k in 0..INPUTS
  var at${k} = sizes.offsets[${k / 4}][${k % 4}];
#end
#for back in 0..RANK
  let length${back} = max(sizes.shape[${(RANK - 1 - back) / 4}][${(RANK - 1 - back) % 4}], 1u);
  let index${back} = rest % length${back};
  rest /= length${back};
#for k in 0..INPUTS
  at${k} += index${back} * sizes.strides[${2 * k + (RANK - 1 - back) / 4}][${(RANK - 1 - back) % 4}];
#end
#end
  ${LOADS}
  ${BODY}
  y[i] = ${RESULT};
}
