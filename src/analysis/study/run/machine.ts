import { type AdapterDescription, GpuDeviceLostError, GpuTimeoutError } from '../../../engine/index.ts';
import type { FinishedTrial, TrainResult, TrainTrial, Trial, TrialResult } from '../trial/trial.ts';
import type { MachineMemory } from './memory.ts';

/** How far a trial is. */
export interface TrialProgress {
  readonly done: number;
  readonly total: number;
  /** What is counted: `steps`, `images`. */
  readonly unit: string;
  /** The figure of the moment: `loss 0.21`. */
  readonly note?: string;
}

/** What a trial is given beside its configuration. */
export interface TrialContext {
  /** An empty folder for the trial's files; it is kept as `trials/<id>` once the trial ends well. */
  readonly folder: string;
  /** The training that an attack starts from, and the folder that its checkpoint lies in; null of a training. */
  readonly training: { readonly folder: string; readonly finished: FinishedTrial<TrainTrial, TrainResult> } | null;
  report(progress: TrialProgress): void;
}

/** Computes one trial. The same configuration gives the same result, wall-clock times apart. */
export type RunTrial = (trial: Trial, context: TrialContext) => Promise<TrialResult>;

/** What trials are computed on, opened only when a trial is missing. */
export interface TrialMachine {
  readonly adapter: AdapterDescription;
  /** Which machine it is, see `machineId`. */
  readonly id?: string;
  /** Which measured choice of kernels it follows, see `Tuning`; undefined: the defaults. */
  readonly kernels?: string;
  readonly runTrial: RunTrial;
  /** What a trial can have of it, checked before it starts; left out where that is not known. */
  readonly memory?: MachineMemory;
  /** Why nothing more can be computed on it, see `Device.broken`; null while it works. */
  broken?(): GpuDeviceLostError | GpuTimeoutError | null;
  close(): void | Promise<void>;
}

/**
 * Computes a trial on a machine.
 * @throws GpuDeviceLostError also where the device was lost and the trial did not notice
 */
export async function resultOn(machine: TrialMachine, trial: Trial, context: TrialContext): Promise<TrialResult> {
  const result = await machine.runTrial(trial, context);
  const broken = machine.broken?.() ?? null;
  if (broken !== null) throw broken;
  return result;
}

/** A machine that is opened when a trial needs it, and again when its device was lost. */
export interface HeldMachine {
  /** Opens the machine. @returns what it computes on */
  adapter(): Promise<AdapterDescription>;
  /** Whether a machine was ever opened, by this process or the one that began. */
  readonly opened: boolean;
  /** A kernel on it does not end: nothing more can be computed in this process, nor measured. */
  readonly hangs: boolean;
  /**
   * Computes a trial; once more on a fresh device where the device was lost on the way.
   * @param work computes it from its beginning, see `resultOn`
   * @throws what the work throws; GpuDeviceLostError where the device is lost again, or no fresh one opens
   */
  compute<T>(work: (machine: TrialMachine) => Promise<T>, onLost: (error: GpuDeviceLostError) => void): Promise<T>;
  close(): Promise<void>;
}

/** What came of a trial, or why the device was lost on the way. */
type Attempt<T> = { readonly value: T } | { readonly lost: GpuDeviceLostError };

/** @param began the adapter to go on with, where another process has begun on one: no other is used */
export function holdMachine(open: () => Promise<TrialMachine>, began?: AdapterDescription): HeldMachine {
  let machine: TrialMachine | null = null;
  let adapter = began ?? null;
  let hangs = false;

  async function current(): Promise<TrialMachine> {
    if (machine !== null) return machine;
    const opened = await open().catch((error: unknown) => {
      hangs ||= error instanceof GpuTimeoutError;
      throw error;
    });
    adapter ??= opened.adapter;
    if (!sameAdapter(opened.adapter, adapter)) {
      await opened.close();
      const { name, driver } = opened.adapter;
      throw new Error(
        `another adapter opens in its place (${name}, ${driver}); run the study again to go on with that`,
      );
    }
    machine = opened;
    return opened;
  }

  async function attempt<T>(work: (machine: TrialMachine) => Promise<T>): Promise<Attempt<T>> {
    const used = await current();
    try {
      return { value: await work(used) };
    } catch (error) {
      // Whatever the work complains of follows from the end of its device.
      const broken = used.broken?.() ?? null;
      if (broken === null) throw error;
      if (broken instanceof GpuTimeoutError) {
        hangs = true;
        throw broken;
      }
      machine = null;
      await used.close();
      return { lost: error instanceof GpuDeviceLostError ? error : broken };
    }
  }

  return {
    adapter: async () => (await current()).adapter,
    get opened() {
      return adapter !== null;
    },
    get hangs() {
      return hangs;
    },
    compute: async (work, onLost) => {
      const once = await attempt(work);
      if ('value' in once) return once.value;
      onLost(once.lost);
      await current().catch((error: Error) => {
        throw also(once.lost, error.message);
      });
      const again = await attempt(work);
      if ('value' in again) return again.value;
      throw also(again.lost, 'the trial was tried twice');
    },
    close: async () => machine?.close(),
  };
}

const also = ({ work, reason }: GpuDeviceLostError, what: string) => new GpuDeviceLostError(work, `${reason}; ${what}`);

const sameAdapter = (a: AdapterDescription, b: AdapterDescription) =>
  a.name === b.name && a.driver === b.driver && a.backend === b.backend;
