// The types that exponential.wgsl and logarithm.wgsl are written for, where they take one number at a time.
alias F = f32;
alias I = i32;
alias U = u32;
