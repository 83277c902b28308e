// The number of f16 nearest to x, ties to even, for values of the type F, one or several (U: integers of as many). By integers: a
// compiler may leave out a conversion to f16 and back.
#needs F = f32
#needs U = u32
fn round_to_f16(x: ${F}) -> ${F} {
  let bits = bitcast<${U}>(x);
  let size = bits & ${U}(0x7fffffffu);
  let normal = (size + ${U}(0xfffu) + ((size >> ${U}(13u)) & ${U}(1u))) & ${U}(0xffffe000u);
  // Below 2^-14: multiples of 2^-24, which is the last place of a sum with 1/2.
  let count = bitcast<${U}>(bitcast<${F}>(size) + ${F}(0.5)) - ${U}(0x3f000000u);
  let small = bitcast<${U}>(${F}(count) * ${F}(0x1p-24));
  let rounded = select(normal, small, size < ${U}(0x38800000u));
  let finite = select(rounded, ${U}(0x7f800000u), size >= ${U}(0x477ff000u));
  return bitcast<${F}>(select(finite, size, size > ${U}(0x7f800000u)) | (bits & ${U}(0x80000000u)));
}
