// What loaded networks do to the result of a convolution, computed along before it is stored: the bias of its channel, the residual, ReLU
// and bounds, as the elementwise ops do. sizes.relu, sizes.low and sizes.high are members of the convolution's sizes.
// UNIT: a number, or several; FLAGS: a truth value for each.
#needs UNIT = vec4f
#needs FLAGS = vec4<bool>
#const RESIDUAL = 0

alias Unit = ${UNIT};
alias Flags = ${FLAGS};

@group(0) @binding(4) var<storage, read> bias: array<f32>;
#if RESIDUAL
@group(0) @binding(5) var<storage, read> residual: array<Unit>;
#end

struct Channel {
  bias: Unit,
}

fn channel_of(channel: u32) -> Channel {
  return Channel(Unit(bias[channel]));
}

fn bounded(value: Unit) -> Unit {
  let rectified = select(value, Unit(), Flags(sizes.relu != 0u) & (value <= Unit()));
  let raised = select(rectified, Unit(sizes.low), rectified < Unit(sizes.low));
  return select(raised, Unit(sizes.high), raised > Unit(sizes.high));
}

// What becomes of elements of a channel, the `unit`-th of the tensor.
fn finished(value: Unit, channel: Channel, unit: u32) -> Unit {
#if RESIDUAL
  return bounded(value + channel.bias + residual[unit]);
#else
  return bounded(value + channel.bias);
#end
}
