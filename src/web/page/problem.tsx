import type { TaskName } from '../worker/messages.ts';
import type { TaskState } from './useTask.ts';

/** Tells what went wrong with a task. A lost device is no fault of the task, which a click begins again on a new one. */
export function Problem<Name extends TaskName>({ task }: { readonly task: TaskState<Name> }) {
  const { error } = task;
  return (
    <div role="alert">
      {error && (
        <div class="warnings">
          <p>{error.lost ? `The device was lost: ${error.message}` : error.message}</p>
          {error.lost && (
            <button type="button" onClick={task.again}>
              Go on with a new device
            </button>
          )}
        </div>
      )}
    </div>
  );
}
