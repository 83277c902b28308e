/** A task under way, as the worker sees it. */
export interface TaskContext<Progress> {
  /** Tells the page how far it is. */
  tell(progress: Progress): void;
  readonly signal: AbortSignal;
}
