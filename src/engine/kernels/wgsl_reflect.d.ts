/** The package's default entry point cannot be imported by Node as ESM; this file of it can. */
declare module 'wgsl_reflect/wgsl_reflect.module.js' {
  export * from 'wgsl_reflect';
}
