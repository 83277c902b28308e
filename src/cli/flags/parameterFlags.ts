import { type Command, InvalidArgumentError, Option } from 'commander';
import { groupBy } from '../../base/groupBy.ts';
import { flagCase, type Parameter, type Parametrised } from '../../base/parameter.ts';
import { count } from './count.ts';
import { fraction } from './fraction.ts';

/** Whose parameter it is, and how it is described there. */
interface Use {
  readonly owner: string;
  readonly parameter: Parameter;
}

/**
 * Adds a flag for every parameter of some things of a catalogue: `--max-iter` for `maxIter`. What several things share
 * is one flag, whose help says of each what it means there and what it is without the flag. A value is read as its
 * kind; whether a thing's range has it, and whether the thing takes it at all, `complete` says.
 */
export function withParameterFlags(command: Command, things: readonly Parametrised[]): Command {
  const uses = new Map<string, Use[]>();
  for (const { name: owner, parameters } of things)
    for (const [name, parameter] of Object.entries(parameters))
      uses.set(name, [...(uses.get(name) ?? []), { owner, parameter }]);
  for (const [name, ofName] of uses) for (const option of optionsOf(name, ofName)) command.addOption(option);
  return command;
}

function optionsOf(name: string, uses: readonly Use[]): Option[] {
  const { kind, takes } = uses[0].parameter;
  const stranger = uses.find(({ parameter }) => parameter.kind !== kind);
  if (stranger) throw new Error(`${flagCase(name)} is ${kind} of ${uses[0].owner}, but not of ${stranger.owner}`);
  const help = parameterHelp(uses);
  const valued = (standsFor: string) => new Option(`${flagCase(name)} <${takes ?? standsFor}>`, help);
  switch (kind) {
    case 'integer': {
      const ranges = uses.flatMap(({ parameter }) => (parameter.kind === 'integer' ? [parameter] : []));
      const least = Math.min(...ranges.map(({ from }) => from));
      const most = ranges.map(({ to }) => to).filter((to) => to !== undefined);
      return [
        valued('count').argParser(most.length === ranges.length ? count(least, Math.max(...most)) : count(least)),
      ];
    }
    case 'number':
      return [valued('number').argParser(fraction)];
    case 'choice': {
      const choices = [
        ...new Set(uses.flatMap(({ parameter }) => (parameter.kind === 'choice' ? parameter.choices : []))),
      ];
      if (choices.every((each) => typeof each === 'number')) choices.sort((a, b) => Number(a) - Number(b));
      return [valued('choice').choices(choices.map(String)).argParser(among(choices))];
    }
    case 'boolean': {
      const positive = new Option(flagCase(name), help);
      // What is so without the flag needs one that says that it is not; the other keeps it from being given unasked.
      if (uses[0].parameter.default !== true) return [positive];
      return [positive.hideHelp(), new Option(flagCase(name).replace('--', '--no-'), `not: ${help}`)];
    }
  }
}

const among =
  (choices: readonly (string | number)[]) =>
  (text: string): string | number => {
    const chosen = choices.find((each) => String(each) === text);
    if (chosen === undefined) throw new InvalidArgumentError(`Allowed choices are ${choices.join(', ')}.`);
    return chosen;
  };

/** What a flag means: `steps (pgd, bim: 10; fab: 100); most queries (square: 5000)`. */
const parameterHelp = (uses: readonly Use[]): string =>
  groupBy(uses, ({ parameter }) => parameter.about)
    .map((alike) => {
      const owners = groupBy(alike, ({ parameter }) => String(parameter.default)).map((same) => {
        const names = same.map(({ owner }) => owner).join(', ');
        const { default: value } = same[0].parameter;
        return value === undefined ? names : `${names}: ${value}`;
      });
      return `${alike[0].parameter.about} (${owners.join('; ')})`;
    })
    .join('; ');
