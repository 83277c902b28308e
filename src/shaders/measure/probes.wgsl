// What a device's arithmetic does where WGSL leaves it free. Operands come from a buffer, so that no compiler folds them.
#needs PAIRS = 4

@group(0) @binding(0) var<storage, read> operands: array<f32>;
@group(0) @binding(1) var<storage, read_write> results: array<u32>;

/// results: fma, subnormal, packed halves, then the error terms of TwoSum for each further pair of operands.
@compute @workgroup_size(1)
fn arithmetic() {
  results[0] = bitcast<u32>(fma(operands[0], operands[1], operands[2]));
  results[1] = bitcast<u32>(operands[3] * operands[4]);
  results[2] = pack2x16float(vec2f(operands[5], operands[6]));
  for (var i = 0u; i < ${PAIRS}u; i++) {
    let a = operands[7u + 2u * i];
    let b = operands[8u + 2u * i];
    let s = a + b;
    let t = s - a;
    results[3u + i] = bitcast<u32>((a - (s - t)) + (b - t));
  }
}
