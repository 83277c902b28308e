import {
  type AnyDefence,
  DEFENCES,
  type Defence,
  type DefenceSpec,
  defenceNamed,
  defenceOf,
} from '../../analysis/robustness/index.ts';
import { InputError } from '../../base/errors.ts';
import { listed, type Parameter, snakeCase } from '../../base/parameter.ts';

/** How a defence is written on the command line: `randomised-smoothing:SIGMA[:COPIES]`, what may be left out in brackets. */
export const defenceForm = ({ name, parameters, positional = [] }: AnyDefence): string =>
  name +
  positional.reduceRight((rest, key) => {
    const { takes = snakeCase(key), default: value } = parameters[key];
    const word = `:${takes.toUpperCase()}${rest}`;
    return value === undefined ? word : `[${word}]`;
  }, '');

const ofPrediction = DEFENCES.map(({ name }) => defenceNamed(name) as AnyDefence).filter(
  ({ acts }) => acts === 'prediction',
);

/** A word as a value of a parameter: one of its choices, or a number. */
const readValue = (parameter: Parameter, word: string): string | number =>
  (parameter.kind === 'choice' ? parameter.choices.find((choice) => String(choice) === word) : undefined) ??
  Number(word);

/** All that `--defence` takes, as text. */
export const DEFENCE_FORMS = listed(ofPrediction.map(defenceForm), 'or');

/**
 * A defence as it is written on the command line, its numbers after its name: `jpeg-compression:75`; none for undefined.
 * @throws InputError when there is no such defence, it acts on the training, or a number is missing or out of range
 */
export function readDefence(text = 'none'): { readonly spec: DefenceSpec; readonly defence: Defence } {
  const [name, ...words] = text.split(':');
  const definition = defenceNamed(name);
  if (definition?.acts === 'training') {
    const where = definition.trainFlags === undefined ? 'in a study' : `outlast train ${definition.trainFlags}`;
    throw new InputError(`attack: ${name} acts on the training: attack a model that was trained with it (${where})`);
  }
  const { positional = [], parameters = {} } = definition ?? {};
  const isShort = positional.slice(words.length).some((key) => parameters[key].default === undefined);
  if (definition === undefined || isShort || words.length > positional.length || words.includes(''))
    throw new InputError(`attack: the defence is ${text}; it must be ${DEFENCE_FORMS}`);
  const values = Object.fromEntries(
    words.map((word, i) => [positional[i], readValue(parameters[positional[i]], word)]),
  );
  const spec = definition.specOf(values) as DefenceSpec;
  return { spec, defence: defenceOf(spec) };
}
