interface RunButtonsProps {
  /** What the first button says. */
  readonly label: string;
  readonly task: { readonly running: boolean; cancel(): void };
  /** Whether it may start; true unless given. */
  readonly ready?: boolean;
  onRun(): void;
}

/** Starts a task, and stops it. */
export function RunButtons({ label, task, ready = true, onRun }: RunButtonsProps) {
  return (
    <>
      <button class="main" type="button" onClick={onRun} disabled={task.running || !ready}>
        {label}
      </button>{' '}
      <button type="button" onClick={task.cancel} disabled={!task.running}>
        Stop
      </button>
    </>
  );
}
