/** A mistake in what the user gave (configuration, data file, checkpoint, flag). One line: what, where, what would be right; of several mistakes a line each. */
export class InputError extends Error {
  override name = 'InputError';
}

/** Mistakes that are told at once; of more, the number. */
const MOST_TOLD = 10;

/**
 * What is wrong with one input: a single mistake in its own words, several as a list, a line each, under their number.
 * @param mistakes at least one, each a line, in the order in which they stand in the input
 * @param where what they are mistakes of, as ` in study.yaml`, where the lines themselves do not tell
 */
export function mistakesError(mistakes: readonly string[], where = ''): InputError {
  if (mistakes.length === 1) return new InputError(mistakes[0]);
  const told = mistakes.length > MOST_TOLD ? mistakes.slice(0, MOST_TOLD - 1) : mistakes;
  const more = mistakes.length - told.length;
  const lines = [...told, ...(more > 0 ? [`and ${more} more`] : [])];
  return new InputError([`${mistakes.length} mistakes${where}:`, ...lines.map((line) => `  ${line}`)].join('\n'));
}

/** Shapes, dtypes or attributes that an op does not accept, found while tracing, before any device is touched. */
export class ShapeError extends Error {
  override name = 'ShapeError';
}

/** No usable adapter, or one that lacks what a kernel needs. */
export class DeviceError extends Error {
  override name = 'DeviceError';
}

/** The GPU refused or failed a piece of work. Names the work (op, shapes) and what the driver said. */
export class GpuError extends Error {
  override name: string = 'GpuError';
  constructor(
    readonly work: string,
    readonly reason: string,
  ) {
    super(`${work}: ${reason}`);
  }
}

/** The driver rejected a command or a shader. */
export class GpuValidationError extends GpuError {
  override name = 'GpuValidationError';
}

/** A buffer does not fit: in the adapter's limits, or in its memory. */
export class GpuOutOfMemoryError extends GpuError {
  override name = 'GpuOutOfMemoryError';
}

/** A kernel needs more workgroups than a device starts at once. */
export class GpuLimitError extends GpuError {
  override name = 'GpuLimitError';
}

/** The device was lost; every tensor on it is gone. */
export class GpuDeviceLostError extends GpuError {
  override name = 'GpuDeviceLostError';
}

/** The watchdog's limit passed before the GPU finished. */
export class GpuTimeoutError extends GpuError {
  override name = 'GpuTimeoutError';
}
