/** What a device can do, found by asking and by probing, never by its name. Chooses kernel variants. */
export interface Capabilities {
  /** Lanes of a subgroup when all subgroups have the same size, else 0: kernels written for 8 lanes need exactly 8. */
  readonly subgroupSize: number;
  readonly maxStorageBufferBindingSize: number;
  readonly maxBufferSize: number;
  readonly maxComputeWorkgroupsPerDimension: number;
  /** Bytes that may be allocated in all. */
  readonly memoryBudget: number;
}
