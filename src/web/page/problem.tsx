import type { TaskName } from '../worker/messages.ts';
import type { TaskState } from './useTask.ts';

interface ProblemProps<Name extends TaskName> {
  readonly task: TaskState<Name>;
  /** Begins again what the view was doing. */
  again(): void;
}

/** Tells what went wrong with a task. A lost device is no fault of the task: a click begins again on a new device. */
export function Problem<Name extends TaskName>({ task, again }: ProblemProps<Name>) {
  const { error } = task;
  return (
    <div role="alert">
      {error && (
        <div class="warnings">
          <p>{error.lost ? `The device was lost: ${error.message}` : error.message}</p>
          {error.lost && (
            <button type="button" onClick={again}>
              Go on with a new device
            </button>
          )}
        </div>
      )}
    </div>
  );
}
