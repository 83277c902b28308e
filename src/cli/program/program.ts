import { version } from '../../../package.json';
import { readBytes } from '../../base/files.node.ts';
import { settingsOf, type Variables } from '../../engine/index.ts';
import { addAttackCommand } from '../attack.ts';
import { addBenchCommand } from '../bench.ts';
import { addDataCommand } from '../data.ts';
import { addDoctorCommand } from '../doctor.ts';
import { addFidelityCommand } from '../fidelity.ts';
import { addProfileCommand } from '../profile.ts';
import { addStudyCommand } from '../study.ts';
import { addSummaryCommand } from '../summary.ts';
import { addSurvivalCommand } from '../survival.ts';
import { addTrainCommand } from '../train.ts';
import { addTuneCommand, followTuning } from '../tune.ts';
import { addWorkerCommand } from '../worker.ts';
import { addCompletionCommand } from './completion.ts';
import { EXIT, explainFailure } from './failure.ts';
import { withTables } from './markdown.ts';
import { commandReference, environmentHelp } from './reference.ts';
import type { Surroundings } from './surroundings.ts';
import { TABLES } from './tables.ts';
import { ThoroughCommand } from './thoroughCommand.ts';

/** All commands. */
export function createProgram(around: Surroundings): ThoroughCommand {
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
          `outlast: ${text
            .replace(/^error: /, '')
            .trim()
            .replace(/\s*\n\s*/g, ' ')}\n`,
        ),
    });
  program.hook('preAction', () => program.refuse());
  const tuned = followTuning(program, around);
  // Commands that are added inherit the settings above.
  addAttackCommand(program, tuned);
  addBenchCommand(program, tuned);
  addCompletionCommand(program, around);
  addDataCommand(program, around);
  addDoctorCommand(program, tuned);
  addFidelityCommand(program, tuned);
  addProfileCommand(program, tuned);
  addStudyCommand(program, tuned);
  addSummaryCommand(program, around);
  addSurvivalCommand(program, around);
  addTrainCommand(program, tuned);
  addTuneCommand(program, around);
  addWorkerCommand(program, tuned);
  program.addHelpText('after', environmentHelp());
  program
    .command('reference [page]', { hidden: true })
    .description('docs/commands.md, or a page of the documentation with its tables made anew')
    .action(async (page?: string) => {
      stdout.write(
        page === undefined
          ? commandReference(program)
          : withTables(new TextDecoder().decode(await readBytes(page)), TABLES),
      );
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
    const program = createProgram(around);
    // Help and version are told whatever the environment says.
    program.hook('preAction', () => {
      debug = settingsOf(variables).debug > 0;
    });
    await program.parseAsync([...words], { from: 'user' });
    // No command was found, and so none was stopped.
    program.refuse();
    return EXIT.done;
  } catch (error) {
    const { exitCode, message } = explainFailure(error, debug);
    if (message !== null) around.terminal.stderr.write(`${message}\n`);
    return exitCode;
  }
}
