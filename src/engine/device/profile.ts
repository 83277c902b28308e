import type { Capabilities, PrecisionProbes, Probes } from '../graph/capabilities.ts';
import type { VariantChoice } from '../graph/op.ts';
import type { Platform } from './platform.ts';

/** The adapter as a person would name it. */
export interface AdapterDescription {
  readonly name: string;
  readonly vendor: string;
  readonly driver: string;
  readonly backend: string;
  /** The "GPU" is this machine's processor. */
  readonly software: boolean;
}

/** Variants of ops that were measured to be quick on a device. */
export interface Tuning {
  readonly variantOf: VariantChoice;
  /** Equal for equal choices: together with the program, they decide every bit of a result. */
  readonly identity: string;
}

/** All that is known of an adapter, before a device works on it: it never changes while the device is open. */
export interface AdapterProfile {
  readonly adapter: AdapterDescription;
  readonly capabilities: Capabilities;
  readonly probes: Probes;
  /** What chooses among the variants of ops; null: their defaults. */
  readonly tuning: Tuning | null;
  /** Which number formats are what they should be here: measured once, when something first needs to know. */
  precisions(): Promise<PrecisionProbes>;
}

/** What an adapter says of itself, and nothing that would have to be measured. */
export function unmeasuredProfile(
  info: GPUAdapterInfo,
  limits: GPUSupportedLimits,
  platform: Platform,
): AdapterProfile {
  const adapter = describeAdapter(info, platform);
  return {
    adapter,
    capabilities: {
      subgroupsOf8: false,
      fastWorkgroupMemory: !adapter.software,
      maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
      maxBufferSize: limits.maxBufferSize,
      maxComputeWorkgroupsPerDimension: limits.maxComputeWorkgroupsPerDimension,
      memoryBudget: platform.memoryBudget,
    },
    probes: { subgroupSize: 0, fmaFused: false, twoSumExact: false, f32Subnormals: false, pack2x16Overflow: false },
    tuning: null,
    precisions: async () => ({ f32x2: false, f16: null }),
  };
}

function describeAdapter(info: GPUAdapterInfo, { backend }: Platform): AdapterDescription {
  const name = info.device || info.architecture || 'unnamed adapter';
  const text = `${info.vendor} ${info.architecture} ${info.device} ${info.description}`.toLowerCase();
  return {
    name,
    vendor: info.vendor,
    driver: info.description,
    backend,
    software: info.isFallbackAdapter || /llvmpipe|swiftshader|software|basic render/.test(text),
  };
}
