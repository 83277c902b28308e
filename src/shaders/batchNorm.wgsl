// Sums over the elements of each channel of [N, C, H, W], for batch norm and its gradient. A workgroup sums one channel of a part of the
// images; `finish_…` joins the parts, always in the same order. Follows lanes.wgsl.

// 1: planes are read as vec4s (H·W is a multiple of 4).
#const VEC4 = 1
#if VEC4
alias Unit = vec4f;
#else
alias Unit = f32;
#end

struct Sizes {
  images: u32,
  channels: u32,
  area: u32,            // units of a plane
  imagesPerPart: u32,
  parts: u32,
  across: u32,          // lanes that share a plane, a power of two: small planes leave lanes for further images
  epsilon: f32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<Unit>;
@group(0) @binding(2) var<storage, read> gradient: array<Unit>;
@group(0) @binding(3) var<storage, read> statistics: array<f32>;
// Sums for each part and channel: written by one kernel, read by the next.
@group(0) @binding(4) var<storage, read_write> partial: array<vec4f>;
@group(0) @binding(5) var<storage, read> parts: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> output: array<f32>;

#if VEC4
fn first_of(value: Unit) -> f32 { return value.x; }
fn total_of(value: Unit) -> f32 { return value.x + value.y + value.z + value.w; }
#else
fn first_of(value: Unit) -> f32 { return value; }
fn total_of(value: Unit) -> f32 { return value; }
#end

fn images_of(part: u32) -> u32 {
  return min((part + 1u) * sizes.imagesPerPart, sizes.images) - part * sizes.imagesPerPart;
}

fn count_of(part: u32) -> f32 {
  return f32(images_of(part) * sizes.area * ${VEC4 * 3 + 1}u);
}

// Mean of a part, twice, and sum of squared deviations from it. Elements are measured from the part's first one, so that a mean far from
// zero cancels nothing; what is lost when that one is an outlier is bounded by the length of the part. This mean is counted from the
// first element of the channel, so that little is rounded when it is stored. The other is counted from zero: the usual mean of a
// convolution's output lies nearer to zero than to any element, and the nearer the origin, the less is rounded.
@compute @workgroup_size(${LANES})
fn part_statistics(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let channel = group.x;
  let part = group.y;
  let start = part * sizes.imagesPerPart;
  let origin = first_of(x[channel * sizes.area]);
  let shift = first_of(x[(start * sizes.channels + channel) * sizes.area]);
  var sum = Unit();
  var deviation = Unit();
  var square = Unit();
  for (var n = start + lane / sizes.across; n < start + images_of(part); n += ${LANES}u / sizes.across) {
    let plane = (n * sizes.channels + channel) * sizes.area;
    for (var i = plane + lane % sizes.across; i < plane + sizes.area; i += sizes.across) {
      let value = x[i];
      let shifted = value - shift;
      sum += value;
      deviation += shifted;
      square += shifted * shifted;
    }
  }
  let sums = sum_of_lanes(total_of(sum), lane);
  let total = sum_of_lanes(total_of(deviation), lane);
  let squares = sum_of_lanes(total_of(square), lane);
  if (lane == 0u) {
    let mean = total / count_of(part);
    let spread = max(squares - total * mean, 0.0);
    partial[part * sizes.channels + channel] = vec4f(shift - origin + mean, sums / count_of(part), spread, 0.0);
  }
}

// Mean, biased variance and inverse standard deviation from the parts (Chan, Golub and LeVeque 1983).
@compute @workgroup_size(64)
fn finish_statistics(@builtin(global_invocation_id) id: vec3u) {
  let channel = id.x;
  if (channel >= sizes.channels) { return; }
  let count = f32(sizes.images * sizes.area * ${VEC4 * 3 + 1}u);
  var means = vec2f();
  for (var part = 0u; part < sizes.parts; part++) {
    means += count_of(part) * parts[part * sizes.channels + channel].xy;
  }
  means /= count;
  let from_zero = abs(means.y) <= abs(means.x);
  let mean = select(means.x, means.y, from_zero);
  var squares = 0.0;
  for (var part = 0u; part < sizes.parts; part++) {
    let of_part = parts[part * sizes.channels + channel];
    let away = select(of_part.x, of_part.y, from_zero) - mean;
    squares += of_part.z + count_of(part) * away * away;
  }
  let variance = squares / count;
  output[channel] = mean + select(first_of(x[channel * sizes.area]), 0.0, from_zero);
  output[sizes.channels + channel] = variance;
  output[2u * sizes.channels + channel] = 1.0 / sqrt(variance + sizes.epsilon);
}

// Sums of the gradient and of gradient · (x - mean).
@compute @workgroup_size(${LANES})
fn part_gradient_sums(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let channel = group.x;
  let part = group.y;
  let start = part * sizes.imagesPerPart;
  let mean = statistics[channel];
  var plain = Unit();
  var weighted = Unit();
  for (var n = start + lane / sizes.across; n < start + images_of(part); n += ${LANES}u / sizes.across) {
    let plane = (n * sizes.channels + channel) * sizes.area;
    for (var i = plane + lane % sizes.across; i < plane + sizes.area; i += sizes.across) {
      let value = gradient[i];
      plain += value;
      weighted += value * (x[i] - mean);
    }
  }
  let first = sum_of_lanes(total_of(plain), lane);
  let second = sum_of_lanes(total_of(weighted), lane);
  if (lane == 0u) { partial[part * sizes.channels + channel] = vec4f(first, second, 0.0, 0.0); }
}

@compute @workgroup_size(64)
fn finish_gradient_sums(@builtin(global_invocation_id) id: vec3u) {
  let channel = id.x;
  if (channel >= sizes.channels) { return; }
  var total = vec2f();
  for (var part = 0u; part < sizes.parts; part++) {
    total += parts[part * sizes.channels + channel].xy;
  }
  output[channel] = total.x;
  output[sizes.channels + channel] = total.y * statistics[2u * sizes.channels + channel];
}
