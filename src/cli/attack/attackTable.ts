import { ATTACKS, type Attack } from '../../analysis/robustness/index.ts';
import { flagCase, rangeText, snakeCase } from '../../base/parameter.ts';
import { markdownTable } from '../program/markdown.ts';

const attacks: readonly Attack[] = ATTACKS;

const code = (text: string) => `\`${text}\``;

/** How a study file and the command line say how strong an attack is. */
const STRENGTHS: Readonly<Record<Attack['strength'], string>> = {
  eps: `${code('eps')}`,
  'optional eps': `${code('eps')}; without it the nearest`,
  pixels: `${code('th')} pixels`,
  'grey levels': `${code('th')} grey levels`,
  none: 'none: the nearest',
};

/** The attacks as docs/attacks.md lists them. */
export const attackTable = (): string =>
  markdownTable(
    ['attack', 'what it does', 'asks for', 'norms', 'strength', 'source'],
    attacks.map(({ name, about, asks, norms, strength, source }) => [
      ...[code(name), about, asks],
      ...[norms.map(code).join(', '), STRENGTHS[strength], source],
    ]),
  );

/** The parameters of all attacks, with their ranges and defaults. */
export function attackParameterTable(): string {
  const rows = attacks.flatMap(({ name, parameters }) =>
    Object.entries(parameters).map(([parameter, described]) => [
      ...[code(name), code(snakeCase(parameter)), code(flagCase(parameter)), described.about],
      ...[rangeText(described), described.default === undefined ? '' : code(String(described.default))],
    ]),
  );
  return markdownTable(['attack', 'key of a study', 'flag', 'meaning', 'range', 'default'], rows);
}

/** What an attack of a study file may say, with the defaults there, as docs/study.md lists it. */
export function attackKeyTable(): string {
  const rows = attacks.map(({ name, norms, strength, stepped, parameters, studyDefaults = {} }) => {
    const strengths = { eps: ['eps'], 'optional eps': ['eps'], pixels: ['th'], 'grey levels': ['th'], none: [] };
    const values = Object.entries(parameters).map(([parameter, described]) => {
      const value = (studyDefaults as Readonly<Record<string, unknown>>)[parameter] ?? described.default;
      return value === undefined ? snakeCase(parameter) : `${snakeCase(parameter)}: ${value}`;
    });
    const keys = [
      ...(norms.length > 1 ? ['norm'] : []),
      ...strengths[strength],
      ...(stepped ? ['eps_step'] : []),
      ...values,
    ];
    return [code(name), norms.map(code).join(', '), keys.map(code).join(', ')];
  });
  return markdownTable(['name', 'norms', 'keys, with defaults'], rows);
}
