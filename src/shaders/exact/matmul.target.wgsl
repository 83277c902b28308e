// Where results go. The kernel declares sizes.targetLengths, sizes.targetSteps and sizes.targetBase.

/// Where in the output the element of a row and a column is: columns have three digits.
fn target_of(row: u32, column: u32) -> u32 {
  let y_digit = column / sizes.targetLengths.y;
  let outer = y_digit / sizes.targetLengths.x;
  let digits = vec4u(outer, y_digit - outer * sizes.targetLengths.x, column - y_digit * sizes.targetLengths.y, row);
  return sizes.targetBase + dot(digits, sizes.targetSteps);
}
