import type { NormName } from '../norms.ts';
import type { AttackName, AttackParameters } from './parameters.ts';

/**
 * An attack with its parameters, all that it takes written out (see `ATTACKS`). `eps` and `epsStep` are in units of the pixel range
 * [0, 1]; `th` is pixels or grey levels. An attack with a norm of its own has no `norm`, one without a strength neither `eps` nor `th`.
 */
export interface AttackSpec extends Partial<AttackParameters> {
  readonly name: AttackName;
  readonly norm?: NormName;
  readonly eps?: number;
  readonly epsStep?: number;
  readonly th?: number;
  /** Draws that all that is asked is the mean of; left out, there is one, as on every defence that is not random. */
  readonly expectationSamples?: number;
}
