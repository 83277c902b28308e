import type { AdapterDescription } from '../../../engine/index.ts';
import { fingerprint } from '../../../engine/measure/kept.node.ts';
import { canonicalJson } from '../trial/identity.ts';

/** Tells machines apart whose seconds differ: by host, adapter and choice of kernels. A digest, so that no record shows the host's name. */
export const machineId = (host: string, adapter: AdapterDescription, kernels: string | undefined): string =>
  fingerprint(canonicalJson([host, { ...adapter }, kernels ?? null]));
