import {
  type FittedModel,
  fitModel,
  type ModelName,
  type ModelSummary,
  medianFailureTime,
  type Performance,
  performance,
  type SurvivalTable,
  splitRows,
  summarise,
  type Ties,
} from '../../analysis/survival/index.ts';
import { readTable } from '../../analysis/tables/read.node.ts';
import { type ChosenColumns, chooseColumns } from '../../analysis/tables/survivalColumns.ts';
import { InputError } from '../../engine/errors.ts';
import { writeFileAtomic } from '../../engine/platform/files.node.ts';
import { print, type Terminal } from '../terminal.ts';
import { modelFigures, writeFigures } from './plots.ts';
import { describeModel, describePerformance, rankModels } from './text.ts';

export interface FitFlags {
  readonly time: string;
  readonly event?: string;
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
  readonly penalizer?: number;
  readonly l1Ratio?: number;
  readonly level: number;
  readonly split?: number;
  readonly seed: number;
  readonly at?: number;
  readonly json?: string | true;
  readonly plots?: string;
}

/** A model with what it says of the rows it was fitted to and of those held out. */
interface Judged {
  readonly model: FittedModel;
  readonly train: Performance;
  readonly test: Performance | null;
}

/** `outlast survival fit TABLE`: everything is computed before anything is written. */
export async function fitCommand(file: string, flags: FitFlags, terminal: Terminal): Promise<void> {
  const chosen = await readColumns(file, flags);
  const parts = splitChosen(chosen, flags);
  const at = flags.at ?? medianFailureTime(parts.training.table);
  const judged: Judged[] = [];
  const failures: string[] = [];
  for (const name of flags.model) {
    try {
      const model = fitModel(name, parts.training.table, optionsOf(flags, parts.training));
      judged.push({
        model,
        train: performance(model, parts.training.table, at, parts.training.strata),
        test: parts.test && performance(model, parts.test.table, at, parts.test.strata),
      });
    } catch (error) {
      // One model of several may not exist for such data; alone it is the answer.
      if (!(error instanceof InputError) || flags.model.length === 1) throw error;
      failures.push(`${name}: ${error.message}`);
    }
  }
  if (judged.length === 0) throw new InputError(`none of the models can be fitted; ${failures[0]}`);
  const { stderr } = terminal;
  if (chosen.dropped > 0) {
    const rows = chosen.dropped === 1 ? 'row misses a value and is' : 'rows miss a value and are';
    stderr.write(`${chosen.dropped} ${rows} left out\n`);
  }
  for (const [name, level] of Object.entries(chosen.references)) stderr.write(`${name}: compared with "${level}"\n`);
  for (const failure of failures) stderr.write(`no ${failure}\n`);
  for (const warning of new Set(judged.flatMap(({ model }) => model.fit.warnings)))
    stderr.write(`warning: ${warning}\n`);
  const best = bestOf(judged);
  if (flags.plots !== undefined) {
    const { table, strata } = parts.training;
    const paths = await writeFigures(flags.plots, modelFigures(best.model, table, strata, flags.time, at));
    stderr.write(`${paths.length / 2} figures of ${best.model.name}, as SVG and PNG, in ${flags.plots}\n`);
  }
  await give(judged, flags, terminal);
}

async function readColumns(file: string, flags: FitFlags): Promise<ChosenColumns> {
  return chooseColumns(await readTable(file), {
    ...flags,
    covariates: [...new Set([...(flags.covariates ?? []), ...Object.values(flags.ancillary ?? {}).flat()])],
    references: flags.reference,
  });
}

interface Part {
  readonly table: SurvivalTable;
  readonly strata: readonly string[] | null;
}

function splitChosen(
  { table, strata }: ChosenColumns,
  { split, seed }: FitFlags,
): { training: Part; test: Part | null } {
  if (split === undefined) return { training: { table, strata }, test: null };
  const { training, test, isTest } = splitRows(table, split, seed);
  const labels = (held: boolean) => (strata === null ? null : strata.filter((_, row) => isTest[row] === held));
  return { training: { table: training, strata: labels(false) }, test: { table: test, strata: labels(true) } };
}

function optionsOf(flags: FitFlags, { table, strata }: Part) {
  const { ancillary: asked = {}, covariates: wanted = [], ties, breakpoints, penalizer, l1Ratio, level } = flags;
  const expand = (names: readonly string[]) =>
    Object.keys(table.covariates).filter((column) =>
      names.some((name) => column === name || column.startsWith(`${name}[`)),
    );
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

/** The parametric model of the lowest AIC, or Cox's where there is no other. */
function bestOf(judged: readonly Judged[]): Judged {
  const parametric = judged.filter(({ model }) => model.kind === 'parametric');
  const candidates = parametric.length > 0 ? parametric : judged;
  return candidates.reduce((best, candidate) => (candidate.model.fit.aic < best.model.fit.aic ? candidate : best));
}

async function give(judged: readonly Judged[], flags: FitFlags, terminal: Terminal): Promise<void> {
  if (flags.json !== undefined) {
    const results = judged.map((one) => resultOf(one, flags));
    const text = JSON.stringify(flags.model.length === 1 ? results[0] : results, null, 2);
    if (flags.json === true) print(terminal, text);
    else await writeFileAtomic(flags.json, `${text}\n`);
    if (flags.json === true) return;
  }
  if (judged.length > 1)
    for (const line of [...rankModels(judged.map(({ model }) => model)), '']) print(terminal, line);
  const shown = judged.length > 1 ? [bestOf(judged)] : judged;
  for (const { model, train, test } of shown) {
    for (const line of [...describeModel(model), '', ...describePerformance(train, test)]) print(terminal, line);
  }
}

/** What JSON gives of a model; `training` and `test` where rows were held out. */
function resultOf(
  { model, train, test }: Judged,
  { split }: FitFlags,
): ModelSummary & { training?: Performance; test?: Performance | null } {
  return split === undefined ? summarise(model) : { ...summarise(model), training: train, test };
}
