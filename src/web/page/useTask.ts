import { useEffect, useRef, useState } from 'preact/hooks';
import type { TaskName, Tasks } from '../worker/messages.ts';
import { type Started, start, TaskError } from './workerClient.ts';

/** A task as a view shows it. */
export interface TaskState<Name extends TaskName> {
  readonly running: boolean;
  readonly result: Tasks[Name]['result'] | undefined;
  readonly error: TaskError | undefined;
  /**
   * Starts it; one that was started before is cancelled, and what it comes to is not shown.
   * @returns what it comes to; undefined where it failed, which `error` tells, or where it was started again meanwhile
   */
  run(
    input: Tasks[Name]['input'],
    onProgress?: (progress: Tasks[Name]['progress']) => void,
  ): Promise<Tasks[Name]['result'] | undefined>;
  cancel(): void;
}

/** Follows a task of the worker from a view. */
export function useTask<Name extends TaskName>(name: Name): TaskState<Name> {
  type State = Pick<TaskState<Name>, 'running' | 'result' | 'error'>;
  const [state, setState] = useState<State>({ running: false, result: undefined, error: undefined });
  const started = useRef<Started<Name> | undefined>(undefined);

  // Whoever leaves a view does not wait for it.
  useEffect(() => () => started.current?.cancel(), []);

  const run: TaskState<Name>['run'] = async (input, onProgress) => {
    started.current?.cancel();
    setState({ running: true, result: undefined, error: undefined });
    const task = start(name, input, (progress) => {
      if (started.current === task) onProgress?.(progress);
    });
    started.current = task;
    try {
      const result = await task.result;
      if (started.current !== task) return undefined;
      setState({ running: false, result, error: undefined });
      return result;
    } catch (error) {
      if (started.current !== task) return undefined;
      const told = error instanceof TaskError ? error : new TaskError(String(error), false);
      setState({ running: false, result: undefined, error: told });
      return undefined;
    }
  };
  return { ...state, run, cancel: () => started.current?.cancel() };
}
