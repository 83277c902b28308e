import { runProgram } from '../../src/cli/program/program.ts';
import { collectTerminal } from './collectTerminal.ts';

/** Runs `outlast survival`, which opens no device. */
export async function survival(...words: readonly string[]) {
  const { terminal, texts } = collectTerminal();
  const forbidden = async () => {
    throw new Error('survival needs no device');
  };
  const code = await runProgram(['survival', ...words], { terminal, openDevice: forbidden, openMachine: forbidden });
  return { code, ...texts };
}
