import { type AnyDefence, DEFENCES, defenceNamed } from '../../analysis/robustness/index.ts';
import { type Parameter, rangeText, snakeCase } from '../../base/parameter.ts';
import { markdownTable } from '../program/markdown.ts';
import { defenceForm } from './defence.ts';

const defences = DEFENCES.map(({ name }) => defenceNamed(name) as AnyDefence);

const code = (text: string) => `\`${text}\``;
const yesOrNo = (value: boolean) => (value ? 'yes' : 'no');

/** The defences that can stand before or behind a model, as docs/attacks.md lists them. */
export const defenceTable = (): string =>
  markdownTable(
    ['`--defence`', 'what it does', 'differentiable', 'random', 'source'],
    defences
      .filter(({ acts }) => acts === 'prediction')
      .map((defence) => [
        ...[code(defenceForm(defence)), defence.about, yesOrNo(defence.differentiable), yesOrNo(defence.random)],
        defence.source ?? '',
      ]),
  );

/** All defences with their keys in a study file, as docs/study.md lists them. */
export const defenceKeyTable = (): string =>
  markdownTable(
    ['name', 'what it does', 'keys', 'acts on'],
    defences.map(({ name, about, parameters, acts, random, trainedWith }) => [
      ...[code(name), about],
      Object.entries(parameters).map(keyText).join('; '),
      [acts, ...(trainedWith ? ['training'] : [])].join(' and ') + (random ? ', random' : ''),
    ]),
  );

/** A key as a reader of study files needs it: `sigma` (axis, above 0): standard deviation of the noise. */
function keyText([name, parameter]: [string, Parameter]): string {
  const { about, axis, default: value } = parameter;
  const range =
    parameter.kind === 'choice' ? parameter.choices.map((each) => code(String(each))).join(', ') : rangeText(parameter);
  const facts = [...(axis ? ['axis'] : []), range, ...(value === undefined ? [] : [`default ${code(String(value))}`])];
  return `${code(snakeCase(name))} (${facts.join(', ')}): ${about}`;
}
