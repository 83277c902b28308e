// Batch norm with constants, the residual and ReLU, of what a convolution has computed and not stored. sizes.epsilon and sizes.relu are
// members of the convolution's sizes.
// UNIT: a number, or several; FLAGS: a truth value for each.
#needs UNIT = vec4f
#needs FLAGS = vec4<bool>
#const RESIDUAL = 0
#use "batchNorm/channel.wgsl"

alias Unit = ${UNIT};
alias Flags = ${FLAGS};

@group(0) @binding(4) var<storage, read> gamma: array<f32>;
@group(0) @binding(5) var<storage, read> beta: array<f32>;
@group(0) @binding(6) var<storage, read> mean: array<f32>;
@group(0) @binding(7) var<storage, read> variance: array<f32>;
#if RESIDUAL
@group(0) @binding(8) var<storage, read> residual: array<Unit>;
#end

fn channel_of(channel: u32) -> Channel {
  let inverse = 1.0 / sqrt(variance[channel] + sizes.epsilon);
  return Channel(Unit(mean[channel]), Unit(inverse), Unit(gamma[channel]), Unit(beta[channel]));
}

// What becomes of elements of a channel, the `unit`-th of the tensor.
fn finished(value: Unit, channel: Channel, unit: u32) -> Unit {
#if RESIDUAL
  return rectified(normalised(value, channel) + residual[unit]);
#else
  return rectified(normalised(value, channel));
#end
}
