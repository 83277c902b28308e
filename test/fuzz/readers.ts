import type { FuzzTarget } from '../support/fuzz/target.ts';

/** Every reader of files that others have made, loaded where it is asked for. */
export const readers: Readonly<Record<string, () => Promise<FuzzTarget>>> = {
  cifar: async () => (await import('./cifar.ts')).cifar,
  csv: async () => (await import('./csv.ts')).csv,
  gzip: async () => (await import('./gzip.ts')).gzip,
  idx: async () => (await import('./idx.ts')).idx,
  jpeg: async () => (await import('./jpeg.ts')).jpeg,
  onnx: async () => (await import('./onnx.ts')).onnx,
  parquet: async () => (await import('./parquet.ts')).parquet,
  png: async () => (await import('./png.ts')).png,
  record: async () => (await import('./record.ts')).record,
  safetensors: async () => (await import('./safetensors.ts')).safetensors,
  state: async () => (await import('./state.ts')).state,
  study: async () => (await import('./study.ts')).study,
  tar: async () => (await import('./tar.ts')).tar,
  tuning: async () => (await import('./tuning.ts')).tuning,
};
