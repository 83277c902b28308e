let hangs = false;

/** Notes that a kernel of this process does not end. */
export function noteHang(): void {
  hangs = true;
}

/**
 * Whether a kernel of this process does not end. Such a process does not end by itself either, because Dawn waits for the kernel: it needs
 * `process.exit`.
 */
export const gpuHangs = (): boolean => hangs;
