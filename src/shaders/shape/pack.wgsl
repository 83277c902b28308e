// Copies parts of up to 7 tensors to where they belong in y. A part is (tensor, first element there, first element in y, length).
#needs TYPE = f32
#needs PARTS = 32

struct Sizes {
  parts: array<vec4u, ${PARTS}>,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x0: array<${TYPE}>;
@group(0) @binding(2) var<storage, read> x1: array<${TYPE}>;
@group(0) @binding(3) var<storage, read> x2: array<${TYPE}>;
@group(0) @binding(4) var<storage, read> x3: array<${TYPE}>;
@group(0) @binding(5) var<storage, read> x4: array<${TYPE}>;
@group(0) @binding(6) var<storage, read> x5: array<${TYPE}>;
@group(0) @binding(7) var<storage, read> x6: array<${TYPE}>;
@group(0) @binding(8) var<storage, read_write> y: array<${TYPE}>;

/// One part for each y of the grid.
@compute @workgroup_size(64)
fn pack(@builtin(global_invocation_id) id: vec3u) {
  let part = sizes.parts[id.y];
  let i = id.x;
  if (i >= part.w) { return; }
  let source = part.y + i;
  let place = part.z + i;
  switch (part.x) {
    case 0u { y[place] = x0[source]; }
    case 1u { y[place] = x1[source]; }
    case 2u { y[place] = x2[source]; }
    case 3u { y[place] = x3[source]; }
    case 4u { y[place] = x4[source]; }
    case 5u { y[place] = x5[source]; }
    default { y[place] = x6[source]; }
  }
}
