import { readFileSync } from 'node:fs';
import { type SurvivalTable, survivalTable } from '../../src/analysis/survival/index.ts';
import { mulberry32 } from './mulberry32.ts';

/** What R's `survreg` says of a data set. */
export interface SurvregReference {
  readonly coefficients: Readonly<Record<string, number>>;
  readonly se: Readonly<Record<string, number>>;
  readonly scale: number;
  readonly loglik: number;
  readonly loglik_null: number;
  readonly aic: number;
  readonly bic: number;
  readonly median: readonly number[];
  readonly concordance: number;
}

export interface CoxReference {
  readonly coefficients: Readonly<Record<string, number>>;
  readonly se: Readonly<Record<string, number>>;
  readonly loglik: number;
  readonly loglik_null: number;
  readonly concordance: number;
}

export interface SurvivalReference {
  readonly covariates: readonly string[];
  readonly rows: Readonly<Record<string, number[]>>;
  readonly aft: Readonly<Record<'exponential' | 'weibull' | 'lognormal' | 'loglogistic', SurvregReference>>;
  readonly cox: Readonly<Record<'efron' | 'breslow', CoxReference>>;
  readonly kaplan_meier: Readonly<
    Record<
      'time' | 'at_risk' | 'events' | 'survival' | 'std_err_cumhaz' | 'lower' | 'upper',
      readonly (number | null)[]
    >
  >;
  readonly nelson_aalen: Readonly<Record<'time' | 'cumulative_hazard', readonly number[]>>;
}

export const dataSets = ['lung', 'veteran', 'ovarian', 'capacitor'] as const;
export type DataSet = (typeof dataSets)[number];

const read = (path: string) => readFileSync(new URL(`../fixtures/${path}`, import.meta.url), 'utf8');

/** R's numbers for a data set (test/fixtures/survival/README.md). */
export function reference(name: DataSet): SurvivalReference {
  return JSON.parse(read(`survival/${name}.json`));
}

export function tableOf({ rows, covariates }: SurvivalReference): SurvivalTable {
  return survivalTable({
    durations: rows.time,
    events: rows.event,
    covariates: Object.fromEntries(covariates.map((name) => [name, rows[name]])),
  });
}

export interface PaperReference {
  readonly covariates: readonly string[];
  readonly center: Readonly<Record<string, number>>;
  readonly scale: Readonly<Record<string, number>>;
  readonly events: number;
  readonly total_weight: number;
  readonly aft: SurvivalReference['aft'];
}

/** R's numbers for the authors' runs (test/fixtures/paper/README.md). */
export function paperReference(): PaperReference {
  return JSON.parse(read('paper/cifar100_fgm_bit_depth.reference.json'));
}

/** The authors' runs, a record for each. */
export function paperRuns(): Record<string, number>[] {
  const [header, ...lines] = read('paper/cifar100_fgm_bit_depth.csv').trim().split('\n');
  const names = header.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((value, k) => [names[k], Number(value)])));
}

/** |actual / expected - 1|, or |actual| where 0 is expected. */
export function relativeError(actual: number, expected: number): number {
  return expected === 0 ? Math.abs(actual) : Math.abs(actual / expected - 1);
}

/** What a Cox model is in other software: names, coefficients, standard errors, log partial likelihood. */
export interface CoxNumbers {
  readonly names: readonly string[];
  readonly coefficients: readonly number[];
  readonly se: readonly number[];
  readonly logLikelihood: number;
}

export interface PythonReferences {
  readonly strata: CoxNumbers;
  readonly entry: CoxNumbers;
  readonly proportionality: Readonly<
    Record<string, { readonly statistic: readonly number[]; readonly p: readonly number[] }>
  >;
  readonly schoenfeld: readonly (readonly number[])[];
  readonly breslowSurvival: { readonly times: readonly number[]; readonly rows: readonly (readonly number[])[] };
  readonly martingale: readonly number[];
  readonly deviance: readonly number[];
  readonly calibration: readonly {
    readonly distribution: string;
    readonly time: number;
    readonly ici: number;
    readonly e50: number;
    readonly e90: number;
  }[];
  readonly brierTest: { readonly times: readonly number[]; readonly scores: readonly number[] };
  readonly gompertz: Readonly<
    Record<'lung' | 'veteran', { readonly estimates: readonly number[]; readonly logLikelihood: number }>
  >;
  readonly generalisedGamma: { readonly coefficients: readonly number[]; readonly logLikelihood: number };
}

/** Numbers of lifelines, scikit-survival and SciPy (test/fixtures/survival/README.md). */
export function pythonReferences(): PythonReferences {
  return JSON.parse(read('survival/pythonReferences.json'));
}

export interface CoxReferenceR {
  readonly coefficients: readonly number[];
  readonly se: readonly number[];
  /** Of the null model, and of the fit. */
  readonly logLikelihood: readonly [number, number];
}

/** By column: statistics, degrees of freedom, p; the last of each is global. */
type ZphReference = Readonly<Record<'km' | 'identity' | 'log' | 'rank', readonly number[]>>;

export type CoxReferencesR = Readonly<
  Record<
    'exact' | 'exactStrata' | 'robust' | 'cluster' | 'clusterBreslow' | 'clusterEntry' | 'clusterStrata',
    CoxReferenceR
  >
> &
  Readonly<
    Record<
      'ridgeCox' | 'ridgeWeibull' | 'logRank' | 'scoreEfron' | 'scoreBreslow' | 'scoreEntry' | 'dfbeta',
      readonly number[]
    >
  > &
  Readonly<Record<'zph' | 'zphBreslow' | 'zphEntry' | 'zphStrata', ZphReference>>;

/** R's numbers for lung with times in months (test/fixtures/survival/coxReferences.R). */
export function coxReferencesR(): CoxReferencesR {
  return JSON.parse(read('survival/coxReferences.json'));
}

/** lung with times in whole months: many ties; 30 clusters; optionally with delayed entry at a third of the time. */
export function lungInMonths(
  options: { readonly entry?: boolean; readonly covariates?: readonly string[] } = {},
): SurvivalTable {
  const { rows, covariates } = reference('lung');
  const months = rows.time.map((time) => Math.ceil(time / 30));
  return survivalTable({
    durations: months,
    events: rows.event,
    entry: options.entry ? months.map((month) => Math.floor(month / 3)) : undefined,
    clusters: months.map((_, row) => row % 30),
    covariates: Object.fromEntries((options.covariates ?? covariates).map((name) => [name, rows[name]])),
  });
}

/** Uniform numbers in [0, 1) from a seed. */
export function uniform(seed: number): () => number {
  const word = mulberry32(seed);
  return () => word() / 2 ** 32;
}

/** Scores, tied times, times of 0 and log-rank tests of R (scoreReferences.R). */
export interface ScoreReferencesR {
  readonly rows: Readonly<Record<'time' | 'event' | 'age' | 'sex', readonly number[]>>;
  readonly times: readonly number[];
  readonly brier: readonly number[];
  readonly budget: { readonly times: readonly number[]; readonly brier: readonly number[] };
  readonly uno: readonly { readonly tau: number; readonly concordance: number }[];
  readonly unoBudget: number;
  readonly nearTies: Readonly<Record<'days' | 'event' | 'age' | 'sex', readonly number[]>> & {
    readonly distinct: number;
    readonly tied: number;
    readonly cox: Omit<CoxOfScores, 'martingale'> & {
      readonly loglik: readonly number[];
      readonly zph: number;
      readonly concordance: number;
    };
    readonly logRank: number;
    readonly km: { readonly times: number; readonly survival: readonly number[]; readonly atRisk: readonly number[] };
    readonly concordance: number;
  };
  readonly zero: {
    readonly rows: Readonly<Record<'time' | 'event' | 'x', readonly number[]>> & { readonly g: readonly string[] };
    readonly km: Readonly<Record<'time' | 'atRisk' | 'survival', readonly number[]>> & { readonly rmean: number };
    readonly cox: CoxOfScores;
    readonly logRank: number;
    readonly concordance: number;
  };
  readonly strata: {
    readonly rows: Readonly<Record<'time' | 'event' | 'age' | 'sex', readonly number[]>>;
    /** Of age 60, by sex, at 200 and 400 days. */
    readonly survival: readonly (readonly number[])[];
  };
  /** Residuals of a Cox model of `rows` by age and sex, which has many tied failures. */
  readonly ties: Readonly<Record<'efron' | 'breslow', Readonly<Record<'martingale' | 'deviance', readonly number[]>>>>;
  /** lung, whole and cut into start-stop rows at 100 and 200 days; the Brier score of its Cox model at 300. */
  readonly pieces: {
    readonly time: readonly number[];
    readonly cut: Readonly<Record<'id' | 'from' | 'to' | 'event' | 'age' | 'sex', readonly number[]>>;
    readonly brier: number;
  };
  readonly neverAtRisk: {
    readonly rows: Readonly<Record<'t' | 'e', readonly number[]>> & { readonly g: readonly string[] };
    readonly chisq: number;
  };
}

interface CoxOfScores {
  readonly coefficient: number;
  readonly se: number;
  readonly martingale: readonly number[];
  readonly score: readonly number[];
}

export const scoreReferencesR = (): ScoreReferencesR => JSON.parse(read('survival/scoreReferences.json'));
