// bool as a format to convert from and to.
#use "precision/integers.wgsl"
