import { type Parameter, rangeText, snakeCase } from '../../base/parameter.ts';
import { NETWORKS, type NetworkDefinition } from '../../models/index.ts';
import { markdownTable } from '../program/markdown.ts';

const families: readonly NetworkDefinition[] = NETWORKS;

const code = (text: string) => `\`${text}\``;

/** The families of networks, as docs/networks.md lists them. */
export const networkTable = (): string =>
  markdownTable(
    ['family', 'network', 'names for `--model`', 'source'],
    families.map(({ name, title, members, source }) => [
      ...[code(name), title],
      ...[Object.keys(members).map(code).join(', '), source],
    ]),
  );

/** The parameters of all families, as docs/networks.md lists them. */
export const networkParameterTable = (): string =>
  markdownTable(
    ['family', 'key of a study, flag', 'values', 'default', 'meaning'],
    families.flatMap(({ name, parameters }) =>
      Object.entries(parameters).map(([key, parameter]) => [
        ...[code(name), code(snakeCase(key)), valuesOf(parameter)],
        ...[parameter.default === undefined ? '' : code(String(parameter.default)), parameter.about],
      ]),
    ),
  );

const valuesOf = (parameter: Parameter): string =>
  parameter.kind === 'choice' ? parameter.choices.map((each) => code(String(each))).join(', ') : rangeText(parameter);
