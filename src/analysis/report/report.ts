import type { AdapterDescription } from '../../engine/index.ts';
import type { DataSpec, TrainingSpec } from '../../models/index.ts';
import type { MaskingDiagnostic } from '../robustness/index.ts';
import type { PricesSpec } from '../study/index.ts';
import type { ClaimLine } from './claims/claim.ts';
import type {
  AttackLine,
  FactorCurve,
  ModelLine,
  SurvivalCurve,
  SurvivalSection,
  TrashLine,
  Versions,
} from './document.ts';
import type { Assumptions } from './evidence/assumptions.ts';
import type { ControlLine } from './evidence/control.ts';
import type { StandardLine } from './evidence/standards.ts';
import type { AccuracyLine } from './lines/accuracy.ts';
import type { PrecisionAgreement } from './lines/agreement.ts';
import type { CalibrationCurve } from './lines/calibration.ts';
import type { CostLine } from './lines/cost.ts';
import type { DistanceLine } from './lines/distances.ts';
import type { PartialEffectLine } from './lines/partialEffects.ts';
import type { PictureLine } from './lines/pictures.ts';
import type { ProtocolLine } from './lines/protocol.ts';

/** Everything the report says, as `report.json` holds it. Numbers that do not exist are null. */
export interface Report {
  readonly study: string;
  /** What the trials ran on: of several adapters the first, and a warning names the others. */
  readonly adapter: AdapterDescription;
  readonly data: readonly DataSpec[];
  readonly trainings: readonly TrainingSpec[];
  /** Images attacked in each trial. */
  readonly samples: number;
  readonly seeds: readonly number[];
  readonly trials: { readonly finished: number; readonly planned: number };
  /** When the last trial ended. */
  readonly finishedAt: string;
  /** The study file as plain data. */
  readonly configuration: unknown;
  /** What wrote the report. */
  readonly made: Versions;
  /** What the paper claims, tested here. */
  readonly claims: readonly ClaimLine[];
  readonly models: readonly ModelLine[];
  readonly attacks: readonly AttackLine[];
  readonly accuracy: readonly AccuracyLine[];
  /** The survival model of all data sets together. */
  readonly survival: SurvivalSection;
  /** A survival model of each data set by itself, where there are several. */
  readonly dataSets: readonly { readonly dataset: string; readonly survival: SurvivalSection }[];
  /** By model, defence and attack; empty where these are too many to be drawn. */
  readonly kaplanMeier: readonly SurvivalCurve[];
  /** By one factor, over everything else. */
  readonly kaplanMeierBy: readonly FactorCurve[];
  /** How far images must move, beside what that costs, of a study whose clock is distance; else empty. */
  readonly distances: readonly DistanceLine[];
  /** AttackBench's scores, norm by norm, of a study that is run by its protocol; else empty. */
  readonly protocol: readonly ProtocolLine[];
  readonly partialEffects: readonly PartialEffectLine[];
  /** Null where there is no model, or too few failures to tell. */
  readonly calibration: CalibrationCurve | null;
  readonly trash: readonly TrashLine[];
  /** Cost of training against survival, model by model. */
  readonly costs: readonly CostLine[];
  readonly precisions: readonly PrecisionAgreement[];
  /** Images before and after attacks, as PNG. */
  readonly pictures: readonly PictureLine[];
  /** As the study gives them; null where it gives none. */
  readonly prices: PricesSpec | null;
  /** Every attack with a strength beside random noise of that strength; empty where the study has no controls. */
  readonly controls: readonly ControlLine[];
  /** Signs of masked gradients, those that were looked for in vain as well. */
  readonly masking: readonly MaskingDiagnostic[];
  /** What the figures hold under. */
  readonly assumptions: Assumptions;
  /** What they are evidence for in NIST AI 100-2 and the EU AI Act. */
  readonly standards: readonly StandardLine[];
  readonly warnings: readonly string[];
}
