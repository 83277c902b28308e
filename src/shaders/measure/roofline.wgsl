// What an adapter can do at best: multiply-adds on registers, and a copy through storage.

// 12 chains hide the latency of an addition and fit into the registers of an 8-lane core; more spill.
#const CHAINS = 12
#const UNROLLED = 32
// Known when compiling: for a bound from memory, the compiler masks every assignment in the loop, at a third of the speed.
#const ROUNDS = 2000

@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;

@compute @workgroup_size(8)
fn arithmetic(@builtin(global_invocation_id) id: vec3u) {
  let step = f32(id.x) * 1e-9;
#for c in 0..CHAINS
  var a${c} = ${c}.0;
#end
  for (var round = 0u; round < ${ROUNDS}u; round++) {
#for u in 0..UNROLLED
#for c in 0..CHAINS
    a${c} = a${c} * 0.999 + step;
#end
#end
  }
  var total = 0.0;
#for c in 0..CHAINS
  total += a${c};
#end
  y[id.x] = vec4f(total);
}

@compute @workgroup_size(256)
fn transfer(@builtin(global_invocation_id) id: vec3u) {
  y[id.x] = x[id.x];
}
