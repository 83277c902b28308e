import type { Device } from '../../../engine/index.ts';
import type { Checkpoint, DataSource, Dataset, OnnxFile } from '../../../models/index.ts';
import type { Calibrator } from '../calibration/calibrator.ts';
import type { FileKind } from '../trial/storedModel.ts';

/** What reads the files of models. */
export interface ModelReader {
  /** SHA-256 of a model's file in hexadecimal digits. @throws InputError when it cannot be read */
  digestOf(path: string, kind: FileKind): string;
  readCheckpoint(path: string): Promise<Checkpoint>;
  readOnnx(path: string): Promise<OnnxFile>;
}

/** What trials need of the world. */
export interface TrialResources extends ModelReader {
  readonly device: Device;
  /** @param onDownload told how far a download is, where one is needed */
  loadDataset(
    source: DataSource,
    onDownload: (progress: { doneBytes: number; totalBytes: number | null }) => void,
  ): Promise<Dataset>;
  writeCheckpoint(path: string, checkpoint: Checkpoint): Promise<void>;
  writeFile(path: string, bytes: Uint8Array): Promise<void>;
}

/** What a trial works with on the device. */
export interface TrialTools {
  readonly resources: TrialResources;
  readonly calibrator: Calibrator;
}
