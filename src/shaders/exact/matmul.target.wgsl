// Where results go. The kernel declares sizes.target_lengths, sizes.target_steps and sizes.target_base.

/// Where in the output the element of a row and a column is: columns have three digits.
fn target_of(row: u32, column: u32) -> u32 {
  let y_digit = column / sizes.target_lengths.y;
  let outer = y_digit / sizes.target_lengths.x;
  let digits = vec4u(outer, y_digit - outer * sizes.target_lengths.x, column - y_digit * sizes.target_lengths.y, row);
  return sizes.target_base + dot(digits, sizes.target_steps);
}
