import { type Command, Option } from 'commander';
import { MODEL_NAMES, TIES } from '../analysis/survival/index.ts';
import { count } from './flags/count.ts';
import { outputFile, outputFolder } from './flags/outputPath.ts';
import type { Surroundings } from './program/surroundings.ts';
import { type FitFlags, fitCommand } from './survival/fit.ts';
import {
  ancillary,
  assignment,
  columnName,
  covariateValues,
  eventChoice,
  lists,
  models,
  parameterHelp,
  timeList,
  wholeNumber,
  within,
} from './survival/flags.ts';
import { type KaplanMeierFlags, kaplanMeierCommand } from './survival/km.ts';
import { RANKINGS } from './survival/ranking.ts';

/** `outlast survival fit TABLE` and `outlast survival km TABLE`. */
export function addSurvivalCommand(survival: Command, { terminal }: Surroundings): void {
  withColumns(
    survival
      .command('fit')
      .description('Fit one or several survival models to a table.')
      .argument('<table>', 'CSV or Parquet file with a row for each sample, or for each group of equal samples'),
  )
    .option('--cluster <column>', 'rows of one cluster are not independent: robust standard errors', columnName)
    .option('--strata <columns>', parameterHelp('strata'), lists)
    .option('--covariates <columns>', 'covariates, separated by commas; columns of words become dummies', lists)
    .option('--categorical <columns>', 'covariates of numbers that are categories', lists)
    .option('--reference <column=level>', 'what the levels of a categorical column are compared with', assignment)
    .addOption(
      new Option('--model <names>', `one of ${MODEL_NAMES.join(', ')}; several with commas; or all`)
        .argParser(models)
        .default(['weibull'], 'weibull'),
    )
    .option('--ancillary <parameter=columns>', parameterHelp('ancillary'), ancillary)
    .option('--breakpoints <times>', parameterHelp('breakpoints'), timeList)
    .addOption(new Option('--ties <method>', parameterHelp('ties')).choices(TIES))
    .option('--robust', 'robust standard errors without clusters')
    .option('--penalizer <strength>', 'penalty on standardised coefficients (0: none)', within(0, Infinity))
    .option('--l1-ratio <share>', 'share of L1 (lasso) in the penalty, the rest L2 (ridge)', within(0, 1))
    .option('--acceleration', 'test whether covariates only stretch time (accelerated failure time models)')
    .option('--split <share>', 'hold this share of the rows out and judge predictions on them', within(0, 1, true))
    .option('--cross-validate <folds>', 'judge fits on all folds but one by that one', count(2))
    .option('--bootstrap <draws>', 'percentile intervals of coefficients from so many drawn tables', count(10, 1e6))
    .option('--seed <number>', 'seed of the split, of the folds and of the draws', wholeNumber, 42)
    .addOption(
      new Option('--rank <criterion>', 'several models: what puts the best first').choices(RANKINGS).default('aic'),
    )
    .option('--predict <column=value,...>', 'predict for these covariates; may be given several times', covariateValues)
    .option('--predict-at <times>', 'times of predicted survival and hazard (default: median failure time)', timeList)
    .option('--given <time>', 'predict survival of those that survived so far', within(0, Infinity, true))
    .option('--new <file>', 'table of rows that --tidy predicts for, in place of those that are fitted')
    .option('--at <time>', 'time of the calibration figures (default: median failure time)', within(0, Infinity, true))
    .action((file: string, flags: FitFlags) => fitCommand(file, flags, terminal));
  withColumns(
    survival
      .command('km')
      .description('Survival curves of a table, by group: Kaplan-Meier, or Turnbull where failures lie in intervals.')
      .argument('<table>', 'CSV or Parquet file'),
  )
    .option('--group <column>', 'a curve for each value of it, and the log-rank test', columnName)
    .option('--cluster <column>', 'rows of one cluster are not independent: robust intervals', columnName)
    .addOption(
      new Option('--interval <scale>', 'scale on which intervals are symmetric')
        .choices(['log', 'log-log', 'plain'])
        .default('log'),
    )
    .action((file: string, flags: KaplanMeierFlags) => kaplanMeierCommand(file, flags, terminal));
}

/** The options that both commands have. */
function withColumns(command: Command): Command {
  return command
    .requiredOption(
      '--lower, --time <column>',
      'time to failure, or to the end of observation; with --upper the lower bound of it',
      columnName,
    )
    .option(
      '--upper <column>',
      'upper bound of the failure time: it lies in (time, upper]; empty where it was not seen',
      columnName,
    )
    .option(
      '--event <column>',
      '0 or false: censored; 1 or true: failed; "column=value" names the failure, "column>0" counts (default: all failed)',
      eventChoice,
    )
    .option('--entry <column>', 'time from which the row was observed (delayed entry)', columnName)
    .option('--weight <column>', 'how many equal samples the row stands for', columnName)
    .option('--missing <texts>', 'cells that hold no value, besides empty ones and NA', lists)
    .addOption(
      new Option('--decimal <mark>', 'decimal mark of a CSV file, where it cannot be told').choices(['point', 'comma']),
    )
    .option('--level <share>', 'confidence level', within(0, 1, true), 0.95)
    .option('--json [file]', 'print the figures as JSON, or write them to a file', outputFile)
    .option('--plots <folder>', 'write figures as SVG and PNG', outputFolder)
    .option('--tidy <folder>', 'write all figures as tables, CSV and Parquet', outputFolder);
}
