// Batch norm with constants, the residual and ReLU, of what a convolution has computed and not stored: the operations of batchNorm.wgsl,
// in their order. Follows a kernel of which sizes.epsilon and sizes.relu are members.
#const RESIDUAL = 0

@group(0) @binding(4) var<storage, read> gamma: array<f32>;
@group(0) @binding(5) var<storage, read> beta: array<f32>;
@group(0) @binding(6) var<storage, read> mean: array<f32>;
@group(0) @binding(7) var<storage, read> variance: array<f32>;
#if RESIDUAL
@group(0) @binding(8) var<storage, read> residual: array<vec4f>;
#end

struct Channel {
  mean: f32,
  inverse: f32,
  gamma: f32,
  beta: f32,
}

fn channel_of(channel: u32) -> Channel {
  return Channel(mean[channel], 1.0 / sqrt(variance[channel] + sizes.epsilon), gamma[channel], beta[channel]);
}

// Four elements of a channel, the `unit`-th of the tensor.
fn normalised(value: vec4f, channel: Channel, unit: u32) -> vec4f {
  var result = (value - channel.mean) * channel.inverse * channel.gamma + channel.beta;
#if RESIDUAL
  result += residual[unit];
#end
  return select(result, vec4f(), vec4<bool>(sizes.relu != 0u) & (result <= vec4f()));
}
