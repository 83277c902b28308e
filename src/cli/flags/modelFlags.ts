import { type Command, Option } from 'commander';
import type { Given } from '../../base/catalogue.ts';
import { ownersOf } from '../../base/catalogue.ts';
import { InputError } from '../../base/errors.ts';
import { nearest } from '../../base/nearest.ts';
import { complete, flagCase, listed } from '../../base/parameter.ts';
import {
  DEFAULT_PRECISION,
  type NamedNetwork,
  NETWORK_NAMES,
  NETWORKS,
  type NetworkDefinition,
  type NetworkSpec,
  PRECISIONS,
  type Precision,
} from '../../models/index.ts';
import { count } from './count.ts';
import { withParameterFlags } from './parameterFlags.ts';

/** What describes a model on the command line, beside its name: its number format, and parameters of its family by their names. */
export interface ModelFlags {
  readonly precision: Precision;
}

/** For options that count something. */
export const wholeNumber = count(1);

/** For sizes of a model and of its images: channels, pixels of a side. */
export const modelSize = count(1, 65_536);

const FAMILIES: readonly NetworkDefinition[] = NETWORKS;

/** The names of models, for help, family by family: `resnet18, resnet34, …; vgg11, …`. */
export const MODEL_NAMES = FAMILIES.map(({ name, members }) => {
  const names = Object.keys(members);
  return (names.includes(name) ? names : [...names, name]).join(', ');
}).join('; ');

/** What may stand for a model where its weights do not matter, for help. */
export const MODEL_OR_FILE = `${MODEL_NAMES}; or an ONNX file`;

/** Adds the options of `ModelFlags`, and a flag for every parameter of a family, alike for every command. */
export function withModelFlags(command: Command): Command {
  const before = new Set(command.options);
  withParameterFlags(command, FAMILIES).addOption(
    new Option('--precision <bits>', 'number format').choices(PRECISIONS).default(DEFAULT_PRECISION),
  );
  for (const option of command.options) if (!before.has(option)) option.helpGroup('Options of the model:');
  return command;
}

type Values = Readonly<Record<string, number | string | boolean>>;

/** The parameters of all families. */
const PARAMETERS = [...new Set(FAMILIES.flatMap(({ parameters }) => Object.keys(parameters)))];

/** The parameters of families that flags give. */
export function modelParametersIn(flags: ModelFlags): string[] {
  const all = flags as unknown as Given;
  return PARAMETERS.filter((parameter) => all[parameter] !== undefined);
}

/**
 * The network that a name and flags describe.
 * @param flags of the command; others than a model's are passed over
 * @throws InputError when no model has the name, or a flag does not go with it
 */
export function networkFrom(command: string, name: string, flags: ModelFlags): NetworkSpec {
  const { family, settings } = named(command, name);
  const all = flags as unknown as Given;
  const given = Object.fromEntries(modelParametersIn(flags).map((parameter) => [parameter, all[parameter]]));
  for (const parameter of Object.keys(given)) {
    if (!(parameter in family.parameters))
      throw new InputError(
        `${command}: ${flagCase(parameter)} is of ${listed(ownersOf(FAMILIES, parameter), 'and')}, not of ${name}`,
      );
    if (settings[parameter] !== undefined)
      throw new InputError(
        `${command}: ${name} has ${flagCase(parameter)} ${settings[parameter]}; leave it out, or name the family, ${family.name}`,
      );
  }
  const values = complete(`${command}: ${name}`, family.parameters, { ...settings, ...given } as Values, flagCase);
  return { family: family.name, ...values, precision: flags.precision } as unknown as NetworkSpec;
}

/** What a name decides. @throws InputError when no model has it */
function named(command: string, name: string): NamedNetwork {
  const found = NETWORK_NAMES.get(name.toLowerCase());
  if (found !== undefined) return found;
  const names = [...NETWORK_NAMES.keys()];
  throw new InputError(
    `${command}: "${name}" is no model; did you mean "${nearest(name, names)}"? Known: ${MODEL_NAMES}`,
  );
}
