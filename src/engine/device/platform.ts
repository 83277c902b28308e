/** What the engine needs of its surroundings: the only things that differ between Node and a browser. */
export interface Platform {
  /**
   * Lets a GPU promise make progress without wasting the processor.
   * Node's binding polls in a busy loop while a promise is pending, and takes a core from a software adapter.
   */
  poll<T>(promise: Promise<T>): Promise<T>;
  /** Bytes of memory that tensors may take; Infinity where it can't be known. */
  readonly memoryBudget: number;
  /** Seconds after which waiting for the GPU fails. */
  readonly waitLimitSeconds: number;
  /** Told when a kernel does not end within that limit. */
  onHang?(): void;
  /** Processor time of this process so far, all threads together; left out where a platform cannot say. */
  processorSeconds?(): number;
  /** The native interface beneath WebGPU. */
  readonly backend: string;
  /** OUTLAST_DEBUG: 0 silent, from 1 on plans, from 2 on passes, from 3 on graphs, 4 WGSL. */
  readonly debug: number;
  /** Where debug text goes. */
  print(text: string): void;
}
