/**
 * GPUs whose driver's compiler can be asked without the GPU, and what of each decides how long a kernel takes. Figures are the makers';
 * latencies are round ones of published measurements (chipsandcheese.com, Jia et al., arXiv 1804.06826).
 */

/** What decides how long a kernel takes on a GPU. */
export interface Gpu {
  readonly name: string;
  /** Compute units or streaming multiprocessors, each with `simds` schedulers that issue one instruction of 32 lanes a cycle. */
  readonly cores: number;
  readonly simds: number;
  readonly ghz: number;
  /** Memory bandwidth in GB/s. */
  readonly gbs: number;
  /** Registers of 32 bits for each of 32 lanes of a scheduler. */
  readonly registers: number;
  /** Workgroup memory of a core in bytes. */
  readonly workgroupBytes: number;
  /** Most waves of a scheduler. */
  readonly waves: number;
  /** Microseconds until a load from memory, from a cache, has arrived; what a dispatch costs by itself. */
  readonly loadUs: number;
  readonly cacheUs: number;
  readonly dispatchUs: number;
}

/** What a driver compiles for. */
export interface Target {
  readonly driver: 'radv' | 'nvk';
  /** What it is, for a person. */
  readonly title: string;
  /** Environment that makes the driver compile for it. */
  readonly environment: Readonly<Record<string, string>>;
  /** Registers for each lane of a scheduler and its most waves, where the driver does not tell the occupancy. */
  readonly scheduler?: Pick<Gpu, 'registers' | 'waves'>;
  /** GPUs that its code is estimated on. */
  readonly gpus: readonly Gpu[];
}

const latencies = { loadUs: 0.45, cacheUs: 0.2, dispatchUs: 3 };
const rdna = { simds: 2, workgroupBytes: 64 * 1024, waves: 16, ...latencies };

const amd = (family: string, title: string, gpus: readonly Gpu[] = []): Target => ({
  driver: 'radv',
  title,
  environment: { RADV_FORCE_FAMILY: family },
  gpus,
});

const nvidia = (chipset: string, title: string, waves: number, gpus: readonly Gpu[] = []): Target => ({
  driver: 'nvk',
  title,
  scheduler: { registers: 512, waves },
  environment: {
    NOUVEAU_CHIPSET: chipset,
    NVK_I_WANT_A_BROKEN_VULKAN_DRIVER: '1',
    LD_PRELOAD: '/usr/lib/x86_64-linux-gnu/libnouveau_noop_drm_shim.so',
  },
  gpus,
});

/** Targets by the name that `--device` takes: RADV's of a family, `nv` and the number of a chipset. */
export const targets: Readonly<Record<string, Target>> = {
  navi31: amd('navi31', 'RDNA 3', [{ name: 'RX 7900 XTX', cores: 96, ghz: 2.4, gbs: 960, registers: 1536, ...rdna }]),
  gfx1201: amd('gfx1201', 'RDNA 4', [{ name: 'RX 9070 XT', cores: 64, ghz: 2.9, gbs: 645, registers: 1536, ...rdna }]),
  navi21: amd('navi21', 'RDNA 2', [{ name: 'RX 6900 XT', cores: 80, ghz: 2.2, gbs: 512, registers: 1024, ...rdna }]),
  vega20: amd('vega20', 'GCN 5'),
  nv172: nvidia('172', 'Ampere', 12, [
    {
      ...{ name: 'RTX 3080', cores: 68, simds: 4, ghz: 1.71, gbs: 760, registers: 512 },
      ...{ workgroupBytes: 100 * 1024, waves: 12, ...latencies },
    },
  ]),
  nv164: nvidia('164', 'Turing', 8),
};
