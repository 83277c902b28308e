import {
  type Argument,
  Command,
  type ErrorOptions,
  type HelpContext,
  InvalidArgumentError,
  type Option,
} from 'commander';
import { mistakesError } from '../../base/errors.ts';

/** Mistakes of a command line after which the rest of it can still be looked at. */
const GATHERED = new Set([
  'commander.missingArgument',
  'commander.excessArguments',
  'commander.missingMandatoryOptionValue',
  'commander.optionMissingArgument',
  'commander.conflictingOption',
  'commander.unknownOption',
  'commander.unknownCommand',
]);

/** Mistakes that may only follow from an unknown option: a misspelt flag is missing, and its value is an argument too many. */
const CONSEQUENCES = new Set([
  'commander.missingArgument',
  'commander.excessArguments',
  'commander.missingMandatoryOptionValue',
]);

interface Mistake {
  readonly code: string;
  readonly message: string;
}

/** A command that looks at the whole of its line before it refuses it: commander itself ends at the first mistake. */
export class ThoroughCommand extends Command {
  /** @param mistakes found so far, by this command and those around it */
  constructor(
    name?: string,
    private readonly mistakes: Mistake[] = [],
  ) {
    super(name);
  }

  override createCommand(name?: string): ThoroughCommand {
    return new ThoroughCommand(name, this.mistakes);
  }

  override addOption(option: Option): this {
    return super.addOption(this.withParser(option, (value) => `option '${option.flags}' argument '${value}'`));
  }

  override addArgument(argument: Argument): this {
    const subject = (value: string) => `command-argument value '${value}' is invalid for argument '${argument.name()}'`;
    return super.addArgument(this.withParser(argument, subject));
  }

  /** Notes a mistake, and goes on where that is possible: the type says "never" because commander's own method ends the parsing. */
  override error(message: string, options?: ErrorOptions): never {
    const code = options?.code ?? '';
    if (!GATHERED.has(code)) return super.error(message, options);
    this.mistakes.push({ code, message: message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ') });
    if (code === 'commander.unknownOption') this.noteUnknownAfter(message);
    return undefined as never;
  }

  /** Help in place of a command that is missing: only where that is all that is wrong. */
  override help(context?: unknown): never {
    this.refuse();
    return super.help(context as HelpContext);
  }

  /** Throws all mistakes that were found at once. @throws InputError when there is one */
  refuse(): void {
    if (this.mistakes.length === 0) return;
    const unknown = this.mistakes.some(({ code }) => code === 'commander.unknownOption');
    const shown = this.mistakes.filter(({ code }) => !(unknown && CONSEQUENCES.has(code)));
    throw mistakesError(shown.map(({ message }) => message));
  }

  /**
   * Gives an option or argument a parser that notes what is wrong with a value in place of throwing it. An empty value is wrong everywhere:
   * no file, folder, column or name is empty.
   */
  private withParser<T extends Option | Argument>(target: T, subject: (value: string) => string): T {
    const collect = (value: string, previous: readonly string[] = []) => [...previous, value];
    const { parseArg = target.variadic ? collect : (value: string) => value } = target;
    target.parseArg = <V>(value: string, previous: V): V => {
      // The value is missing, which is noted already.
      if (value === undefined) return previous;
      try {
        if (value.trim() === '') throw new InvalidArgumentError('It must not be empty.');
        return parseArg.call(target, value, previous as never) as V;
      } catch (error) {
        if (!(error instanceof InvalidArgumentError)) throw error;
        const said = subject(value);
        const sentence = said.includes(' is invalid') ? said : `${said} is invalid`;
        this.mistakes.push({ code: error.code, message: `${sentence}. ${error.message}` });
        return previous;
      }
    };
    return target;
  }

  /** All unknown options: commander itself names only the first. */
  private noteUnknownAfter(first: string): void {
    const end = this.args.indexOf('--');
    const words = end === -1 ? this.args : this.args.slice(0, end);
    const flags = words.filter((word) => /^--?[a-z]/i.test(word)).map((word) => word.split('=')[0]);
    for (const flag of new Set(flags))
      if (!first.includes(`'${flag}'`))
        this.mistakes.push({ code: 'commander.unknownOption', message: `unknown option '${flag}'` });
  }
}
