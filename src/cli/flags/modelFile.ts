import type { Command } from 'commander';
import { InputError } from '../../base/errors.ts';

/** The file that a network with its weights is read from. */
export interface ModelFileFlags {
  readonly checkpoint?: string;
}

const KINDS = 'ONNX (.onnx), or safetensors of `outlast train` or of PyTorch, of a family that is known here';

/** Adds an argument and an option, of which one names the file. */
export const withModelFile = (command: Command): Command =>
  command
    .argument('[file]', `the network: ${KINDS}`)
    .option('--checkpoint <file>', 'the network, in place of the argument');

/** The path of the network's file. @throws InputError when it is not named once */
export function modelFileOf(command: string, file: string | undefined, { checkpoint }: ModelFileFlags): string {
  const path = file ?? checkpoint;
  if (path === undefined) throw new InputError(`${command}: no network is named; give a file of ${KINDS}`);
  if (file !== undefined && checkpoint !== undefined)
    throw new InputError(`${command}: ${file} and --checkpoint ${checkpoint} both name a network; leave one out`);
  return path;
}
