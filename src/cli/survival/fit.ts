import {
  accelerationTest,
  bootstrapModel,
  covariateRows,
  crossValidateModel,
  type FittedModel,
  fitModel,
  type ModelCoefficient,
  type ModelName,
  type ModelOptions,
  medianFailureTime,
  performance,
  predictModel,
  proportionalityTest,
  type SurvivalTable,
  splitRows,
  summarise,
  type Ties,
} from '../../analysis/survival/index.ts';
import {
  type Coding,
  type ColumnChoice,
  columnsOf,
  covariatesOf,
  type EventChoice,
} from '../../analysis/tables/index.ts';
import { writeSheets } from '../../analysis/tables/write.node.ts';
import { InputError } from '../../base/errors.ts';
import { writeFileAtomic } from '../../base/files.node.ts';
import { print, printLines, type Terminal } from '../terminal/terminal.ts';
import { MOST_CURVES } from './distinctRows.ts';
import { fitSheets } from './fitSheets.ts';
import { checkParameters } from './flags.ts';
import { checkFigures, modelFigures, writeFigures } from './plots.ts';
import { carriedColumns, type PredictedRows, readPredictedRows } from './predictedRows.ts';
import { describePrediction, type WantedRow, wantedRow } from './predictions.ts';
import { describeFolds, describeRanking, type Judged, type Ranking, rankModels } from './ranking.ts';
import { type ReadColumns, readColumns } from './readColumns.ts';
import {
  describeAcceleration,
  describeBootstrap,
  describeModel,
  describePerformance,
  describeProportionality,
  isRatio,
  leftOut,
} from './text.ts';

export interface FitFlags {
  readonly time: string;
  readonly event?: EventChoice;
  readonly missing?: readonly string[];
  readonly decimal?: 'point' | 'comma';
  readonly upper?: string;
  readonly entry?: string;
  readonly weight?: string;
  readonly cluster?: string;
  readonly strata?: readonly string[];
  readonly covariates?: readonly string[];
  readonly categorical?: readonly string[];
  readonly reference?: Readonly<Record<string, string>>;
  readonly model: readonly ModelName[];
  readonly ancillary?: Readonly<Record<string, readonly string[]>>;
  readonly breakpoints?: readonly number[];
  readonly ties?: Ties;
  readonly robust?: boolean;
  readonly acceleration?: boolean;
  readonly penalizer?: number;
  readonly l1Ratio?: number;
  readonly level: number;
  readonly split?: number;
  readonly crossValidate?: number;
  readonly bootstrap?: number;
  readonly rank: Ranking;
  readonly seed: number;
  readonly at?: number;
  readonly predict?: readonly Readonly<Record<string, string>>[];
  readonly predictAt?: readonly number[];
  readonly given?: number;
  readonly json?: string | true;
  readonly plots?: string;
  readonly tidy?: string;
  readonly new?: string;
}

/** `outlast survival fit TABLE`: everything is computed before anything is written. */
export async function fitCommand(file: string, flags: FitFlags, terminal: Terminal): Promise<void> {
  checkParameters(flags.model, flags);
  const chosen = await readColumns(file, choiceOf(flags), flags.decimal);
  if (flags.new !== undefined && flags.tidy === undefined)
    throw new InputError('--new gives rows whose predictions --tidy writes; give --tidy and a folder, too');
  const parts = splitChosen(chosen, flags);
  const predicted = flags.tidy === undefined ? null : await predictedRows(chosen, parts, flags);
  const at = flags.at ?? medianFailureTime(parts.training.table);
  const { strata } = parts.training;
  const rows = (flags.predict ?? []).map((asked) => wantedRow(asked, chosen.codings, flags.strata ?? [], strata));
  const judged: Judged[] = [];
  const failures: string[] = [];
  for (const name of flags.model) {
    try {
      judged.push(judge(name, parts, chosen.codings, flags, at, rows));
    } catch (error) {
      // One model of several may not exist for such data; alone it is the answer.
      if (!(error instanceof InputError) || flags.model.length === 1) throw error;
      failures.push(`${name}: ${error.message}`);
    }
  }
  if (judged.length === 0) throw new InputError(`none of the models can be fitted; ${failures[0]}`);
  const { stderr } = terminal;
  stderr.write(leftOut(chosen.dropped));
  for (const [name, coding] of chosen.codings)
    if (coding.kind === 'levels') stderr.write(`${name}: compared with "${coding.reference}"\n`);
  for (const failure of failures) stderr.write(`no ${failure}\n`);
  for (const warning of new Set(judged.flatMap(({ model }) => model.fit.warnings)))
    stderr.write(`warning: ${warning}\n`);
  const ranked = rankModels(judged, flags.rank);
  const [best, ...others] = ranked;
  const { given, predictAt: times = [at] } = flags;
  const tidied = predicted && fitSheets({ judged: ranked, ...parts.training, predicted, times, given });
  if (flags.plots !== undefined) {
    const { table } = parts.training;
    const checks = others.flatMap(({ model }) =>
      Object.entries(checkFigures(model, table, strata, flags.time, at)).map(
        ([name, figure]) => [`${name}-${model.name}`, figure] as const,
      ),
    );
    const figures = { ...modelFigures(best.model, table, strata, flags.time, at), ...Object.fromEntries(checks) };
    const paths = await writeFigures(flags.plots, figures);
    const ofOthers = checks.length > 0 ? ', checks of the other models,' : '';
    stderr.write(`${paths.length / 2} figures: ${best.model.name}${ofOthers} as SVG and PNG, in ${flags.plots}\n`);
  }
  if (flags.tidy !== undefined && tidied !== null) {
    await writeSheets(flags.tidy, tidied.sheets);
    stderr.write(`${Object.keys(tidied.sheets).join(', ')}: as CSV and Parquet, in ${flags.tidy}\n`);
    if (tidied.curves > MOST_CURVES)
      stderr.write(`curves are those of the first ${MOST_CURVES} of ${tidied.curves} different rows\n`);
  }
  await give(judged, ranked, flags, terminal);
}

/** What the flags say of the columns. */
function choiceOf(flags: FitFlags): ColumnChoice {
  return {
    ...flags,
    covariates: [...new Set([...(flags.covariates ?? []), ...Object.values(flags.ancillary ?? {}).flat()])],
    references: flags.reference,
  };
}

interface Part {
  readonly table: SurvivalTable;
  /** Places of its rows in the file, from 0. */
  readonly rows: readonly number[];
  readonly strata: readonly string[] | null;
}

interface Parts {
  readonly training: Part;
  readonly test: Part | null;
}

function splitChosen({ table, rows, strata }: ReadColumns, { split, seed }: FitFlags): Parts {
  if (split === undefined) return { training: { table, rows, strata }, test: null };
  const { training, test, isTest } = splitRows(table, split, seed);
  const part = (chosenRows: SurvivalTable, held: boolean): Part => ({
    table: chosenRows,
    rows: rows.filter((_, k) => isTest[k] === held),
    strata: strata?.filter((_, k) => isTest[k] === held) ?? null,
  });
  return { training: part(training, false), test: part(test, true) };
}

/** The rows of `--new`, or those that are fitted with the columns that are used. */
async function predictedRows(
  { data, codings, strata: all }: ReadColumns,
  { training: { table, rows, strata } }: Parts,
  flags: FitFlags,
): Promise<PredictedRows> {
  if (flags.new !== undefined)
    return readPredictedRows(flags.new, { codings, strataColumns: flags.strata ?? [], strata: new Set(all) }, flags);
  return {
    rows,
    carried: carriedColumns(data, columnsOf(choiceOf(flags)), rows),
    values: covariateRows(table),
    strata: strata ?? rows.map(() => null),
  };
}

function optionsOf(flags: FitFlags, { table, strata }: Part, codings: ReadonlyMap<string, Coding>) {
  const { ancillary: asked = {}, covariates: wanted = [], ties, breakpoints, penalizer, l1Ratio, level } = flags;
  const expand = (names: readonly string[]) => {
    const used = new Set(names.flatMap((name) => covariatesOf(codings.get(name)!)));
    return Object.keys(table.covariates).filter((covariate) => used.has(covariate));
  };
  return {
    covariates: expand(wanted),
    ancillary: Object.fromEntries(Object.entries(asked).map(([parameter, names]) => [parameter, expand(names)])),
    breakpoints,
    ties,
    strata: strata ?? undefined,
    penalizer,
    l1Ratio,
    covariance: table.clusters !== null || flags.robust ? ('robust' as const) : ('model' as const),
    confidenceLevel: level,
  };
}

/** Fits a model and computes what was asked for. @throws InputError where the model, or one of its fits, does not exist */
function judge(
  name: ModelName,
  { training, test }: Parts,
  codings: ReadonlyMap<string, Coding>,
  flags: FitFlags,
  at: number,
  rows: readonly WantedRow[],
): Judged {
  const { table, strata } = training;
  const options = optionsOf(flags, training, codings);
  const { crossValidate: folds, bootstrap: replicates, seed, level: confidenceLevel } = flags;
  const model = fitModel(name, table, options);
  return {
    model,
    train: performance(model, table, at, strata),
    test: test && performance(model, test.table, at, test.strata, table),
    folds: folds === undefined ? null : crossValidateModel(name, table, options, { folds, seed }),
    bootstrap:
      replicates === undefined ? null : bootstrapModel(name, table, options, { replicates, seed, confidenceLevel }),
    proportionality: model.kind === 'cox' ? proportionalityTest(model.fit, table) : null,
    acceleration: flags.acceleration ? accelerationOf(model, table, options) : null,
    predictions: rows.flatMap(({ given, row, strata: wanted }) =>
      (model.kind === 'cox' ? wanted : [null]).map((stratum) => ({
        given,
        prediction: predictModel(model, row, flags.predictAt ?? [at], flags.given, stratum),
      })),
    ),
  };
}

/** The test where the model has a scale and covariates; nothing of others. */
function accelerationOf(model: FittedModel, table: SurvivalTable, options: ModelOptions) {
  if (model.kind === 'cox' || !model.fit.distribution.parameters.some(({ name }) => name === 'scale')) return null;
  if (model.fit.blocks[0].covariates.length === 0) return null;
  return accelerationTest(model.fit, table, { ...options, distribution: model.fit.distribution });
}

async function give(
  judged: readonly Judged[],
  ranked: readonly Judged[],
  flags: FitFlags,
  terminal: Terminal,
): Promise<void> {
  if (flags.json !== undefined) {
    const results = judged.map((one) => resultOf(one, flags));
    const text = JSON.stringify(flags.model.length === 1 ? results[0] : results, null, 2);
    if (flags.json === true) print(terminal, text);
    else await writeFileAtomic(flags.json, `${text}\n`);
    if (flags.json === true) return;
  }
  const [{ model, train, test, bootstrap, proportionality, acceleration, predictions }] = ranked;
  const sections = [
    ranked.length > 1 ? describeRanking(ranked, flags.rank) : [],
    describeModel(model),
    bootstrap === null ? [] : describeBootstrap(model, bootstrap),
    proportionality === null ? [] : describeProportionality(proportionality),
    acceleration === null ? [] : describeAcceleration(acceleration),
    describePerformance(train, test),
    describeFolds(ranked),
    ...predictions.map(({ given, prediction }) => describePrediction(model, given, prediction)),
  ].filter((lines) => lines.length > 0);
  printLines(
    terminal,
    sections.flatMap((lines, k) => (k === 0 ? lines : ['', ...lines])),
  );
}

/** Time or hazard ratio with its interval; null of a line that is none (an intercept, a shape). */
function ratioOf(model: FittedModel, line: ModelCoefficient): object | null {
  if (!isRatio(model, line)) return null;
  return { estimate: Math.exp(line.coef), lower: Math.exp(line.lower), upper: Math.exp(line.upper) };
}

/** What JSON gives of a model: the summary, and what was asked for beside it. */
function resultOf(judged: Judged, { split, at }: FitFlags): object {
  const { model, train, test, folds, bootstrap, proportionality, acceleration, predictions } = judged;
  const summary = summarise(model);
  return {
    ...summary,
    coefficients: summary.coefficients.map((line) => ({ ...line, ratio: ratioOf(model, line) })),
    ...(split === undefined && at === undefined ? {} : { training: train }),
    ...(split === undefined ? {} : { test }),
    ...(folds === null ? {} : { crossValidation: folds }),
    ...(bootstrap === null ? {} : { bootstrap }),
    ...(proportionality === null ? {} : { proportionality }),
    ...(acceleration === null ? {} : { acceleration }),
    ...(predictions.length === 0 ? {} : { predictions: predictions.map(({ prediction }) => prediction) }),
  };
}
