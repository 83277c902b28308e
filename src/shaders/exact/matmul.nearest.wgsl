// The nearest integer of a number below 2^22 in size. i32(round(x)) would also have to look after all numbers that have none.

fn nearest(x: f32) -> i32 {
  return bitcast<i32>(x + 12582912.0) - 0x4b400000;
}
