// What batch norm does to the elements of a channel, wherever it is done: the kernels that do it must agree in every bit. They
// declare Unit (a number, or several), Flags (a truth value for each) and sizes.relu.

// Of one channel, or of two where a plane ends within a unit.
struct Channel {
  mean: Unit,
  inverse: Unit,
  gamma: Unit,
  beta: Unit,
}

fn normalised(value: Unit, channel: Channel) -> Unit {
  return (value - channel.mean) * channel.inverse * channel.gamma + channel.beta;
}

// Through ReLU, where it is asked for.
fn rectified(value: Unit) -> Unit {
  return select(value, Unit(), Flags(sizes.relu != 0u) & (value <= Unit()));
}
