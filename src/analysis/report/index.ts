export type { ReportedStudy } from './build.ts';
export { diagonalChart } from './charts/diagonal.ts';
export { ratioForest } from './charts/forest.ts';
export { type GroupCurve, groupSurvivalChart } from './charts/groupSurvival.ts';
export { type PartialEffect, partialEffectsChart } from './charts/partialEffects.ts';
export { robustnessChart } from './charts/robustness.ts';
export { standalone } from './charts/standalone.ts';
export { type Comparison, compareRuns } from './comparison/compare.ts';
export {
  type AttackPair,
  compareReports,
  type Pair,
  type ReportComparison,
  type TrashPair,
} from './comparison/compareReports.ts';
export {
  attackCount,
  comparisonSentences,
  renderComparison,
  runLetters,
  signedPoints,
} from './comparison/comparisonPage.ts';
export type { Difference, Estimate } from './comparison/difference.ts';
export type { Versions } from './document.ts';
export type { Html } from './page/html.ts';
export { normName, readable } from './page/names.ts';
export { REPORT_POLICY } from './page/page.ts';
export { PALETTE } from './page/style.ts';
export { figureText, meaningOf, verdictSentence } from './page/verdict.ts';
export type { Report } from './report.ts';
export { distinct } from './rows/conditions.ts';
