import { fileURLToPath } from 'node:url';
import { endProcess } from './program/endProcess.ts';
import { EXIT } from './program/failure.ts';
import { runProgram } from './program/program.ts';
import type { Surroundings } from './program/surroundings.ts';

// A reader that ends early (`outlast ... | head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.done);
  process.stderr.write(`outlast: cannot write to standard output: ${error.message}\n`);
  process.exit(EXIT.failed);
});
// Nobody reads messages any more, or there is no room for them: the work goes on, and its results are in files.
process.stderr.on('error', () => undefined);

const surroundings: Surroundings = {
  terminal: process,
  entry: import.meta.url,
  script: fileURLToPath(import.meta.url),
  openDevice: async (recallTuning) => (await import('../engine/open.node.ts')).openDevice(recallTuning),
  openMachine: async (...choices) => (await import('./machine/machine.ts')).openMachine(...choices),
};
endProcess(await runProgram(process.argv.slice(2), surroundings, process.env));
