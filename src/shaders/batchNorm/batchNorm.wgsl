// Batch norm over the channels of [N, C, H, W] and its gradient. A workgroup goes through one channel, in `normalise` and `input_gradient`
// of some of the images: what belongs to the channel is read once.
#needs LANES = 64
#needs MOST_PARTS = 64
#use "parts/lanes.wgsl"
#use "batchNorm/channel.wgsl"

// Elements of a unit. 4: tensors are read as vec4s. A plane need not begin or end with a vec4, but has at least four elements.
#const WIDE = 4
#if WIDE == 4
alias Unit = vec4f;
alias Flags = vec4<bool>;
alias Places = vec4u;
fn places_of(unit: u32) -> Places { return 4u * unit + vec4u(0u, 1u, 2u, 3u); }
fn total_of(value: Unit) -> f32 { return value.x + value.y + value.z + value.w; }
fn element_of_x(place: u32) -> f32 { return unit_of_x(place / 4u)[place % 4u]; }
#else
alias Unit = f32;
alias Flags = bool;
alias Places = u32;
fn places_of(unit: u32) -> Places { return unit; }
fn total_of(value: Unit) -> f32 { return value; }
fn element_of_x(place: u32) -> f32 { return x[place]; }
#end
// x and y lie in memory as codes of f16, or y as f32 that is rounded to f16: with a WIDE of 4.
#const X_CODES = 0
#const Y_CODES = 0
#const Y_ROUNDED = 0
#if X_CODES || Y_CODES
#use "quantise/f16.wgsl"
#end
#if Y_ROUNDED
#use "quantise/round.wgsl" F=vec4f U=vec4u
#end

struct Sizes {
  images: u32,
  channels: u32,
  area: u32,            // elements of a plane
  laneBits: u32,        // logarithm of the number of lanes that share a plane: small planes leave lanes for further images
  imagesPerPart: u32,   // images whose elements are summed before these sums are; images of a workgroup, if not all
  parts: u32,
  spreadAt: u32,        // where in `spread` the first channel's number is
  spreadIsInverse: u32, // 1: `spread` holds 1 / √(variance + epsilon); 0: the variance
  centred: u32,         // 1: the statistics depend on x, and the gradient by x knows it
  relu: u32,
  hasResidual: u32,
  epsilon: f32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
#if X_CODES
@group(0) @binding(1) var<storage, read> x: array<vec2u>;
#else
@group(0) @binding(1) var<storage, read> x: array<Unit>;
#end
@group(0) @binding(2) var<storage, read> gamma: array<f32>;
@group(0) @binding(3) var<storage, read> beta: array<f32>;
@group(0) @binding(4) var<storage, read> mean: array<f32>;
@group(0) @binding(5) var<storage, read> spread: array<f32>;
@group(0) @binding(6) var<storage, read> residual: array<Unit>;
@group(0) @binding(6) var<storage, read> gradient: array<Unit>;
@group(0) @binding(7) var<storage, read> sums: array<f32>;
#if Y_CODES
@group(0) @binding(8) var<storage, read_write> y: array<vec2u>;
#else
@group(0) @binding(8) var<storage, read_write> y: array<Unit>;
#end
@group(0) @binding(8) var<storage, read_write> table: array<f32>;

fn unit_of_x(i: u32) -> Unit {
#if X_CODES
  return four_of_f16(x[i]);
#else
  return x[i];
#end
}

fn store_y(i: u32, value: Unit) {
#if Y_CODES
  y[i] = f16_of_four(value);
#else
#if Y_ROUNDED
  y[i] = round_to_f16(value);
#else
  y[i] = value;
#end
#end
}

fn end_of(part: u32) -> u32 {
  return min((part + 1u) * sizes.imagesPerPart, sizes.images);
}

fn count_of(part: u32) -> f32 {
  return f32((end_of(part) - part * sizes.imagesPerPart) * sizes.area);
}

// Which elements of a unit lie in a plane.
fn inside(unit: u32, start: u32, end: u32) -> Flags {
  return (places_of(unit) >= Places(start)) & (places_of(unit) < Places(end));
}

fn inverse_deviation(channel: u32) -> f32 {
  let value = spread[sizes.spreadAt + channel];
  return select(1.0 / sqrt(value + sizes.epsilon), value, sizes.spreadIsInverse != 0u);
}

fn channel_of(channel: u32) -> Channel {
  return Channel(Unit(mean[channel]), Unit(inverse_deviation(channel)), Unit(gamma[channel]), Unit(beta[channel]));
}

fn joined(here: Channel, next: Channel, is_next: Flags) -> Channel {
  return Channel(
    select(here.mean, next.mean, is_next),
    select(here.inverse, next.inverse, is_next),
    select(here.gamma, next.gamma, is_next),
    select(here.beta, next.beta, is_next),
  );
}

// The gradient by what ReLU was applied to, where it was.
fn through_relu(slope: Unit, value: Unit, channel: Channel) -> Unit {
  return select(slope, Unit(), Flags(sizes.relu != 0u) & (normalised(value, channel) <= Unit()));
}

// Mean and variance of a part of the images.
struct Part {
  fromOrigin: f32,      // the mean, counted from the channel's first element
  fromZero: f32,        // the mean
  squares: f32,         // sum of squared deviations from it
}
var<workgroup> found: array<Part, ${MOST_PARTS}>;

// What rounding may have made negative; NaN stays, which `max` of some drivers makes 0.
fn not_negative(x: f32) -> f32 {
  return select(x, 0.0, x < 0.0);
}

// Mean, biased variance, inverse standard deviation and unbiased variance of a channel: first of its parts, then of all
// (Chan, Golub and LeVeque 1983).
//
// Elements are measured from the part's first one, so that a mean far from zero cancels nothing; what is lost when that one is an
// outlier is bounded by the length of the part. A mean is kept twice. One is counted from the first element of the channel, so that
// little is rounded when it is stored. The other is counted from zero: the usual mean of a convolution's output lies nearer to zero
// than to any element, and the nearer the origin, the less is rounded.
@compute @workgroup_size(${LANES})
fn statistics(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let mask = (1u << sizes.laneBits) - 1u;
  let channel = group.x;
  let origin = element_of_x(channel * sizes.area);
  for (var part = 0u; part < sizes.parts; part++) {
    let first = part * sizes.imagesPerPart;
    let shift = element_of_x((first * sizes.channels + channel) * sizes.area);
    var sum = Unit();
    var deviation = Unit();
    var square = Unit();
    for (var n = first + (lane >> sizes.laneBits); n < end_of(part); n += ${LANES}u >> sizes.laneBits) {
      let start = (n * sizes.channels + channel) * sizes.area;
      let end = start + sizes.area;
      for (var i = start / ${WIDE}u + (lane & mask); i * ${WIDE}u < end; i += mask + 1u) {
        let here = inside(i, start, end);
        let value = select(Unit(), unit_of_x(i), here);
        let shifted = select(Unit(), value - shift, here);
        sum += value;
        deviation += shifted;
        square += shifted * shifted;
      }
    }
    let plain = sum_of_lanes(total_of(sum), lane);
    let total = sum_of_lanes(total_of(deviation), lane);
    let squares = sum_of_lanes(total_of(square), lane);
    if (lane == 0u) {
      let away = total / count_of(part);
      found[part] = Part(shift - origin + away, plain / count_of(part), not_negative(squares - total * away));
    }
  }
  if (lane > 0u) { return; }
  let count = f32(sizes.images * sizes.area);
  var means = vec2f();
  for (var part = 0u; part < sizes.parts; part++) {
    means += count_of(part) * vec2f(found[part].fromOrigin, found[part].fromZero);
  }
  means /= count;
  let from_zero = abs(means.y) <= abs(means.x);
  let nearer = select(means.x, means.y, from_zero);
  var squares = 0.0;
  for (var part = 0u; part < sizes.parts; part++) {
    let away = select(found[part].fromOrigin, found[part].fromZero, from_zero) - nearer;
    squares += found[part].squares + count_of(part) * away * away;
  }
  let variance = squares / count;
  table[channel] = nearer + select(origin, 0.0, from_zero);
  table[sizes.channels + channel] = variance;
  table[2u * sizes.channels + channel] = 1.0 / sqrt(variance + sizes.epsilon);
  table[3u * sizes.channels + channel] = squares / max(count - 1.0, 1.0);
}

fn normalise_unit(i: u32, channel: Channel) {
  var value = normalised(unit_of_x(i), channel);
  if (sizes.hasResidual != 0u) { value += residual[i]; }
  store_y(i, rectified(value));
}

// (x - mean) · inverse · gamma + beta, plus the residual, through ReLU. A unit belongs to the plane in which its first element lies.
@compute @workgroup_size(${LANES})
fn normalise(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let mask = (1u << sizes.laneBits) - 1u;
  let here = channel_of(group.x);
  let next = channel_of((group.x + 1u) % sizes.channels);
  let first = group.y * sizes.imagesPerPart;
  for (var n = first + (lane >> sizes.laneBits); n < end_of(group.y); n += ${LANES}u >> sizes.laneBits) {
    let end = (n * sizes.channels + group.x + 1u) * sizes.area;
    var i = (end - sizes.area + ${WIDE - 1}u) / ${WIDE}u + (lane & mask);
    for (; (i + 1u) * ${WIDE}u <= end; i += mask + 1u) { normalise_unit(i, here); }
    if (i * ${WIDE}u < end) { normalise_unit(i, joined(here, next, places_of(i) >= Places(end))); }
  }
}

// Sums of the gradient and of gradient · (x - mean) · inverse, the gradient taken through ReLU.
@compute @workgroup_size(${LANES})
fn gradient_sums(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let mask = (1u << sizes.laneBits) - 1u;
  let channel = channel_of(group.x);
  var plain = Unit();
  var weighted = Unit();
  for (var part = 0u; part < sizes.parts; part++) {
    let first = part * sizes.imagesPerPart;
    var plain_part = Unit();
    var weighted_part = Unit();
    for (var n = first + (lane >> sizes.laneBits); n < end_of(part); n += ${LANES}u >> sizes.laneBits) {
      let start = (n * sizes.channels + group.x) * sizes.area;
      let end = start + sizes.area;
      for (var i = start / ${WIDE}u + (lane & mask); i * ${WIDE}u < end; i += mask + 1u) {
        let here = inside(i, start, end);
        let value = unit_of_x(i);
        let slope = select(Unit(), through_relu(gradient[i], value, channel), here);
        plain_part += slope;
        weighted_part += slope * select(Unit(), value - channel.mean, here);
      }
    }
    plain += plain_part;
    weighted += weighted_part;
  }
  let total = sum_of_lanes(total_of(plain), lane);
  let total_weighted = sum_of_lanes(total_of(weighted), lane);
  if (lane == 0u) {
    table[group.x] = total;
    table[sizes.channels + group.x] = total_weighted * inverse_deviation(group.x);
  }
}

// Σ gradient and Σ gradient · x̂, over M, of the channels of a unit's elements; 0 where the statistics do not depend on x.
struct Sums {
  plain: Unit,
  weighted: Unit,
}

fn sums_of(channel: u32) -> Sums {
  if (sizes.centred == 0u) { return Sums(Unit(), Unit()); }
  let count = f32(sizes.images * sizes.area);
  return Sums(Unit(sums[channel] / count), Unit(sums[sizes.channels + channel] / count));
}

fn joined_sums(here: Sums, next: Sums, is_next: Flags) -> Sums {
  return Sums(select(here.plain, next.plain, is_next), select(here.weighted, next.weighted, is_next));
}

fn input_gradient_unit(i: u32, channel: Channel, means: Sums) {
  let value = unit_of_x(i);
  let slope = through_relu(gradient[i], value, channel);
  let normal = (value - channel.mean) * channel.inverse;
  let through_sums = select(Unit(), means.plain + normal * means.weighted, Flags(sizes.centred != 0u));
  store_y(i, (slope - through_sums) * channel.inverse * channel.gamma);
}

// (gradient - Σ gradient/M - x̂ · Σ(gradient · x̂)/M) · inverse · gamma with x̂ = (x - mean) · inverse and M elements of a channel, the
// gradient taken through ReLU; without the two sums where the statistics do not depend on x.
@compute @workgroup_size(${LANES})
fn input_gradient(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let mask = (1u << sizes.laneBits) - 1u;
  let here = channel_of(group.x);
  let next = channel_of((group.x + 1u) % sizes.channels);
  let here_sums = sums_of(group.x);
  let next_sums = sums_of((group.x + 1u) % sizes.channels);
  let first = group.y * sizes.imagesPerPart;
  for (var n = first + (lane >> sizes.laneBits); n < end_of(group.y); n += ${LANES}u >> sizes.laneBits) {
    let end = (n * sizes.channels + group.x + 1u) * sizes.area;
    var i = (end - sizes.area + ${WIDE - 1}u) / ${WIDE}u + (lane & mask);
    for (; (i + 1u) * ${WIDE}u <= end; i += mask + 1u) { input_gradient_unit(i, here, here_sums); }
    if (i * ${WIDE}u < end) {
      let is_next = places_of(i) >= Places(end);
      input_gradient_unit(i, joined(here, next, is_next), joined_sums(here_sums, next_sums, is_next));
    }
  }
}
