/** The page's worker: all that takes time runs here, so that the page's own thread stays free. */
import { config } from 'zod';
import { DeviceError, diagnose } from '../../engine/index.ts';
import type { FromWorker, Task, TaskName, Tasks, ToWorker } from './messages.ts';
import { lostDevices, pageDevice } from './pageDevice.ts';

// It would try `new Function`, which the page's policy forbids.
config({ jitless: true });

const tasks: { readonly [Name in keyof Tasks]: Task<Name> } = {
  diagnose: async () => diagnose(await pageDevice()),
  throughput: async (_, { tell }) => {
    await (await import('./throughput.ts')).throughput(tell);
    return null;
  },
  answers: async ({ via }) => {
    const { measureColumn } = await import('../../../bench/devices/column.ts');
    return measureColumn(await pageDevice(), via);
  },
  attacks: async () => (await import('./catalogue.ts')).listedAttacks(),
  digit: async (index) => (await import('./catalogue.ts')).digitAt(index),
  network: async (source) => (await import('./catalogue.ts')).networkFacts(source),
  attackImage: async (request, context) => (await import('./attackImage.ts')).attackImage(request, context),
  attackMany: async (request, context) => (await import('./attackMany.ts')).attackMany(request, context),
  train: async (request, context) => (await import('./trainNetwork.ts')).trainNetwork(request, context),
};

const scope = globalThis as unknown as {
  postMessage(message: FromWorker): void;
  onmessage: (event: { readonly data: ToWorker }) => void;
};

const running = new Map<number, AbortController>();

async function start(id: number, name: TaskName, input: unknown): Promise<void> {
  const controller = new AbortController();
  running.set(id, controller);
  const before = lostDevices();
  try {
    const tell = (progress: unknown) => scope.postMessage({ kind: 'progress', id, progress });
    const result = await (tasks[name] as Task<TaskName>)(input as never, { tell, signal: controller.signal });
    scope.postMessage({ kind: 'result', id, result });
  } catch (error) {
    // What a lost device leaves behind fails in many ways; the loss is told in the next turn.
    await new Promise((resolve) => setTimeout(resolve, 0));
    const message = error instanceof Error ? error.message : String(error);
    const lost = lostDevices() > before && !(error instanceof DeviceError);
    scope.postMessage({ kind: 'error', id, message, lost });
  } finally {
    running.delete(id);
  }
}

scope.onmessage = ({ data }) => {
  if (data.kind === 'start') void start(data.id, data.name, data.input);
  else running.get(data.id)?.abort();
};
