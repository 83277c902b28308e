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
