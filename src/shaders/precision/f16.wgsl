// The module of f16, IEEE binary16.
#const F16_NATIVE = 0
#if F16_NATIVE
#use "precision/f16.native.wgsl"
#else
#use "precision/f16.packed.wgsl"
#end
