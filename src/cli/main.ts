import { fileURLToPath } from 'node:url';
import { endProcess } from './program/endProcess.ts';
import { runProgram } from './program/program.ts';
import type { Surroundings } from './program/surroundings.ts';

// A reader that ends early (`outlast ... | head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

const surroundings: Surroundings = {
  terminal: process,
  entry: import.meta.url,
  script: fileURLToPath(import.meta.url),
  openDevice: async (recallTuning) => (await import('../engine/open.node.ts')).openDevice(recallTuning),
  openMachine: async (...choices) => (await import('./machine/machine.ts')).openMachine(...choices),
};
endProcess(await runProgram(process.argv.slice(2), surroundings, process.env));
