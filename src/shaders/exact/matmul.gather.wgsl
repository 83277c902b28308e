// Which element of a tensor an element (k, j) of a matrix is: k the place in the sum, j a row of the first or a column of the second
// factor. Both are numbers of three digits, (outer, y, x), so that the matrix may also be a convolution's columns: the element lies at
//   base + outer(k) · outer_step_k + outer(j) · outer_step_j + row · row_step + column · column_step,
// where row = y(k) · y_step_k + y(j) · y_step_j + y_offset, and the column likewise; outside of the tensor it is 0.

/// Members: 0 k's y and x lengths, 2 j's y and x lengths; 4 outer steps of k and j, 6 row and column steps; 8 height, width, 10 base,
/// 11 length of j; 12 steps of k and j in y and x, 14 offset.
fn gathered(view: array<vec4u, 4>, k: u32, j: u32) -> i32 {
  let kx = k % view[0].y;
  let ky = k / view[0].y % view[0].x;
  let ko = k / view[0].y / view[0].x;
  let jx = j % view[0].w;
  let jy = j / view[0].w % view[0].z;
  let jo = j / view[0].w / view[0].z;
  let steps = bitcast<vec4i>(view[3]);
  let row = i32(ky) * steps.x + i32(jy) * steps.y + steps.z;
  let column = i32(kx) * steps.x + i32(jx) * steps.y + steps.w;
  let inside = row >= 0 && column >= 0 && u32(row) < view[2].x && u32(column) < view[2].y;
  let at = view[2].z + ko * view[1].x + jo * view[1].y + u32(row) * view[1].z + u32(column) * view[1].w;
  return select(-1, i32(at), inside && j < view[2].w);
}
