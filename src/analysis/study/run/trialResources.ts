import type { Device } from '../../../engine/index.ts';
import type { Checkpoint, DataSource, Dataset } from '../../../models/index.ts';
import type { Calibrator } from '../calibration/calibrator.ts';

/** What trials need of the world. */
export interface TrialResources {
  readonly device: Device;
  /** @param onDownload told how far a download is, where one is needed */
  loadDataset(
    source: DataSource,
    onDownload: (progress: { doneBytes: number; totalBytes: number | null }) => void,
  ): Promise<Dataset>;
  /** SHA-256 of a file in hexadecimal digits. @throws InputError when it cannot be read */
  digestOf(path: string): string;
  readCheckpoint(path: string): Promise<Checkpoint>;
  writeCheckpoint(path: string, checkpoint: Checkpoint): Promise<void>;
}

/** What a trial works with on the device. */
export interface TrialTools {
  readonly resources: TrialResources;
  readonly calibrator: Calibrator;
}
