import type { AttackSpec } from '../../robustness/index.ts';

/** A protocol by which a study's attacks are run, so that they can be compared. */
export interface ProtocolSpec {
  readonly name: 'attackbench';
  /** Forward and backward passes that each attack may spend on an image. */
  readonly passes: number;
}

/** An attack without its strength, which the protocol searches for. */
export function withoutStrength({ eps: _, epsStep: __, ...attack }: AttackSpec): AttackSpec {
  return attack as AttackSpec;
}
