import { openDevice } from '../engine/open.node.ts';
import { openMachine } from './machine/machine.ts';
import { runProgram } from './program/program.ts';

// A reader that ends early (`outlast ... | head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

process.exitCode = await runProgram(process.argv.slice(2), { terminal: process, openDevice, openMachine }, process.env);
