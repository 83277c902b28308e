import { flagCase, type Parameter, type Parametrised, rangeText, snakeCase } from '../../base/parameter.ts';
import { DATASETS, type DatasetDefinition, OPTIMISERS, SCHEDULES, USUAL_OPTIMISERS } from '../../models/index.ts';
import { markdownTable } from '../program/markdown.ts';

const code = (text: string) => `\`${text}\``;
const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);

/** The published data sets, as docs/data.md lists them. */
export const datasetTable = (): string =>
  markdownTable(
    ['name', 'data set', 'images', 'classes', 'comes from', 'licence', 'source'],
    DATASETS.map(({ name, title, image, counts, obtained, licence, source }: DatasetDefinition) => [
      ...[code(name), title, `${sum(counts.train)} + ${sum(counts.test)}, ${image.join('×')}`],
      ...[String(counts.train.length), obtained, licence, source],
    ]),
  );

/** The optimisers with their parameters, as docs/training.md lists them. */
export const optimiserTable = (): string =>
  markdownTable(
    ['`--optimiser`', 'optimiser', 'parameters', 'source'],
    OPTIMISERS.map(({ name, title, source }, at) => [
      ...[code(name), title, parametersText(USUAL_OPTIMISERS[at]), source],
    ]),
  );

/** The schedules of the learning rate with their parameters, as docs/training.md lists them. */
export const scheduleTable = (): string =>
  markdownTable(
    ['`--schedule`', 'schedule', 'parameters', 'source'],
    SCHEDULES.map((schedule) => [code(schedule.name), schedule.title, parametersText(schedule), schedule.source]),
  );

const parametersText = ({ parameters }: Parametrised) => Object.entries(parameters).map(parameterText).join('; ');

/** A parameter as the command line and study files have it: `--step-size`, `step_size` (a whole number from 1): what it is. */
function parameterText([name, parameter]: [string, Parameter]): string {
  const value = parameter.default === undefined ? '' : `, default ${code(String(parameter.default))}`;
  const key = snakeCase(name) === name ? '' : `, ${code(snakeCase(name))}`;
  return `${code(flagCase(name))}${key} (${rangeText(parameter)}${value}): ${parameter.about}`;
}
