import { type Command, Help } from 'commander';
import { version } from '../../../package.json';
import { settingsOf, type Variables } from '../../base/environment.ts';
import { readBytes } from '../../base/files.node.ts';
import { COMMANDS, WRITE_OF_ALL } from './commands.ts';
import { EXIT, explainFailure, shortened } from './failure.ts';
import { followTuning } from './followTuning.ts';
import { withTables } from './markdown.ts';
import { commandReference, environmentHelp } from './reference.ts';
import type { Surroundings } from './surroundings.ts';
import { ThoroughCommand } from './thoroughCommand.ts';

/**
 * The program with all its commands.
 * @param words of a command line: commands that it does not name have no more than a name and a description
 */
export async function createProgram(around: Surroundings, words: readonly string[]): Promise<ThoroughCommand> {
  const { stdout, stderr } = around.terminal;
  const program = new ThoroughCommand('outlast')
    .description(
      'Measures how long a neural network survives attack, and whether training it cost more than breaking it.',
    )
    .version(version, '-V, --version', 'print the version')
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      outputError: (text, write) =>
        write(
          shortened(
            `outlast: ${text
              .replace(/^error: /, '')
              .trim()
              .replace(/\s*\n\s*/g, ' ')}\n`,
          ),
        ),
    });
  program.hook('preAction', () => program.refuse());
  const tuned = followTuning(program, around);
  // What may follow a command is known only of those that are named.
  const subcommandTerm = (command: Command) =>
    command.parent === program ? command.name() : new Help().subcommandTerm(command);
  program.configureHelp({ ...program.configureHelp(), subcommandTerm });
  const all = words.some((word) => WRITE_OF_ALL.includes(word));
  for (const { name, description, load } of COMMANDS) {
    // It inherits the settings above.
    const command = program.command(name).description(description);
    // What is best here is found without following what was found before.
    if (all || words.includes(name)) (await load())(command, name === 'tune' ? around : tuned);
  }
  program.addHelpText('after', environmentHelp());
  program
    .command('reference [page]', { hidden: true })
    .description('docs/commands.md, or a page of the documentation with its tables made anew')
    .action(async (page?: string) => {
      if (page === undefined) return void stdout.write(commandReference(program));
      const { TABLES } = await import('./tables.ts');
      stdout.write(withTables(new TextDecoder().decode(await readBytes(page)), TABLES));
    });
  return program;
}

/**
 * Runs one command line (without `node` and the script).
 * @param variables of the environment
 * @returns the exit code
 */
export async function runProgram(
  words: readonly string[],
  around: Surroundings,
  variables: Variables = {},
): Promise<number> {
  let debug = false;
  try {
    const program = await createProgram(around, words);
    // Help and version are told whatever the environment says.
    program.hook('preAction', () => {
      debug = settingsOf(variables).debug > 0;
    });
    await program.parseAsync([...words], { from: 'user' });
    // No command was found, and so none was stopped.
    program.refuse();
    return EXIT.done;
  } catch (error) {
    // A package is not installed: what starts the program knows how that is done.
    if (error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND') throw error;
    const { exitCode, message } = explainFailure(error, debug);
    if (message !== null) around.terminal.stderr.write(`${message}\n`);
    return exitCode;
  }
}
