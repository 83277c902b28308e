/** A trained ResNet as a checkpoint: its state dict, and in the metadata what is needed to build the model again. */
import { InputError } from '../engine/errors.ts';
import type { Checkpoint } from './checkpoint/safetensors.ts';
import type { HostWeights, Model } from './model.ts';
import { type ResNetOptions, resnet } from './resnet.ts';
import { fromStateDict, toStateDict } from './stateDict.ts';

const ARCHITECTURE = 'outlast.resnet';

/** The checkpoint of a trained model. */
export function toCheckpoint(options: ResNetOptions, weights: HostWeights): Checkpoint {
  return {
    tensors: toStateDict(resnet(options), weights),
    metadata: { format: 'pt', [ARCHITECTURE]: JSON.stringify(options) },
  };
}

/**
 * The model of a checkpoint that `toCheckpoint` made.
 * @throws InputError when the metadata or the tensors do not describe such a model
 */
export function fromCheckpoint(
  { tensors, metadata }: Checkpoint,
  file: string,
): { options: ResNetOptions; model: Model; weights: HostWeights } {
  const text = metadata[ARCHITECTURE];
  if (text === undefined)
    throw new InputError(`${file}: the metadata has no entry ${ARCHITECTURE}; is it a checkpoint of this program?`);
  const options = parse(text, file);
  const model = resnet(options);
  return { options, model, weights: fromStateDict(model, tensors, file) };
}

function parse(text: string, file: string): ResNetOptions {
  try {
    return JSON.parse(text) as ResNetOptions;
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new InputError(`${file}: the metadata entry ${ARCHITECTURE} is not JSON: ${error.message}`);
    throw error;
  }
}
