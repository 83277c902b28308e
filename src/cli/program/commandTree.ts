import type { Argument, Command, Option } from 'commander';

/** What `--help` shows of a command, as data: completions and docs/commands.md are made from it. */
export interface CommandDescription {
  /** The command with those that it belongs to: `outlast study run`. */
  readonly path: string;
  readonly description: string;
  readonly usage: string;
  readonly arguments: readonly ArgumentDescription[];
  readonly options: readonly OptionDescription[];
  readonly subcommands: readonly { readonly name: string; readonly description: string }[];
}

/** The subcommands. */
interface Values {
  /** The values that may be given; empty where they are not a few words. */
  readonly choices: readonly string[];
  /** Whether the value is the path of a file or a folder. */
  readonly path: boolean;
}

export interface ArgumentDescription extends Values {
  readonly name: string;
  readonly description: string;
  /** The default in words; null where there is none. */
  readonly fallback: string | null;
}

export interface OptionDescription extends Values {
  readonly flags: string;
  readonly long: string;
  /** The one-letter form, without its dash. */
  readonly short: string | null;
  readonly description: string;
  readonly fallback: string | null;
  readonly value: 'none' | 'optional' | 'required';
  /** Whether every command has the flag. */
  readonly global: boolean;
}

/** The visible commands of a program, itself first, in the order of its help. */
export function describeCommands(program: Command): CommandDescription[] {
  const describe = (command: Command, above: string): CommandDescription[] => {
    const help = command.createHelp();
    const path = `${above}${command.name()}`;
    const visible = help.visibleCommands(command).filter(({ _name }: Command & { _name?: string }) => _name !== 'help');
    return [
      {
        path,
        description: help.commandDescription(command),
        usage: help.commandUsage(command),
        arguments: help.visibleArguments(command).map(describeArgument),
        options: [
          ...help.visibleOptions(command).map((option) => describeOption(option, command === program)),
          ...help.visibleGlobalOptions(command).map((option) => describeOption(option, true)),
        ],
        subcommands: visible.map((each) => ({ name: each.name(), description: each.description() })),
      },
      ...visible.flatMap((each) => describe(each, `${path} `)),
    ];
  };
  return describe(program, '');
}

/** Names of what is typed in place of a file or a folder. */
const PATH = /\b(file|folder|folders|table|checkpoint)\b/;

/** The flag or argument as one types it. */
const inWords = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

function describeArgument(argument: Argument): ArgumentDescription {
  const { description, argChoices, defaultValue, defaultValueDescription } = argument;
  return {
    name: argument.name(),
    description,
    fallback: defaultValue === undefined ? null : (defaultValueDescription ?? inWords(defaultValue)),
    choices: argChoices ?? [],
    path: PATH.test(argument.name()),
  };
}

function describeOption(option: Option, global: boolean): OptionDescription {
  const { flags, long, short, description, argChoices, defaultValue, defaultValueDescription, envVar } = option;
  // What a flag that takes no value starts from is said by its name.
  const valued = option.required || option.optional;
  const fallback = defaultValue === undefined || !valued ? null : (defaultValueDescription ?? inWords(defaultValue));
  return {
    flags,
    long: long ?? '',
    short: short?.slice(1) ?? null,
    description: envVar === undefined ? description : `${description} (environment: ${envVar})`,
    fallback,
    value: option.required ? 'required' : option.optional ? 'optional' : 'none',
    choices: argChoices ?? [],
    path: PATH.test(flags),
    global,
  };
}
