// The module of f64, IEEE binary64.
#const CONVERSIONS = 0
#use "precision/f64.arithmetic.wgsl"
#use "precision/f64.elementary.wgsl"
#if CONVERSIONS
#use "precision/f64.conversions.wgsl"
#end
