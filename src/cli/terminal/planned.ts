import { InputError } from '../../base/errors.ts';
import { GpuLimitError, GpuOutOfMemoryError } from '../../engine/index.ts';
import type { PlannedPass } from '../../models/index.ts';

/** What makes a model's plan smaller. */
export const SMALLER = 'give a smaller --batch, --size or --width';

/** Batches in words, as messages call them. */
export const describeBatches = ({ batch, image }: Pick<PlannedPass, 'batch' | 'image'>): string =>
  `batches of ${batch} images of ${image.join(' x ')}`;

/**
 * Plans what flags describe.
 * @throws InputError in one line when they make it larger than a device's buffers or kernels can be
 */
export function planned<T>(command: string, pass: Pick<PlannedPass, 'batch' | 'image'>, plan: () => T): T {
  try {
    return plan();
  } catch (error) {
    if (error instanceof GpuLimitError || error instanceof GpuOutOfMemoryError)
      throw new InputError(`${command}: ${describeBatches(pass)} are too much: ${error.message}; ${SMALLER}`);
    throw error;
  }
}

/** Bytes as text. */
export const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
