/** A training under way of a network from an ONNX file: its weights as a checkpoint, its graph in a file beside it. */
import { z } from 'zod';
import { parseMetadata } from '../../checkpoint/metadata.ts';
import type { Checkpoint } from '../../checkpoint/safetensors.ts';
import type { HostWeights } from '../../network/model.ts';
import { imagesEntry, isOptimiserTensor, ONNX_NETWORK, trainedOnIn } from '../../network/savedModel.ts';
import { fromStateDict, toStateDict } from '../../network/stateDict.ts';
import type { TrainedOn } from '../../training/trainedOn.ts';
import type { OnnxNetwork } from './loadOnnx.ts';

const graphSchema = z.strictObject({
  /** Name of the ONNX file, in the folder of the checkpoint. */
  file: z.string(),
  /** SHA-256 of that file, in hexadecimal digits. */
  sha256: z.string(),
});

/** The file that holds the graph of a network under training. */
export type OnnxGraphFile = z.infer<typeof graphSchema>;

/** Weights of a network as a checkpoint, by the names of its file. */
export const toOnnxCheckpoint = (
  { model }: Pick<OnnxNetwork, 'model'>,
  weights: HostWeights,
  graph: OnnxGraphFile,
  images: TrainedOn,
): Checkpoint => ({
  tensors: toStateDict(model, weights),
  metadata: { format: 'pt', [ONNX_NETWORK]: JSON.stringify(graph), ...imagesEntry(images) },
});

/** The file with the graph of a checkpoint's network; null: the network is of a family. @throws InputError when the entry is wrong */
export function onnxGraphFileOf({ metadata }: Checkpoint, file: string): OnnxGraphFile | null {
  const text = metadata[ONNX_NETWORK];
  return text === undefined ? null : parseMetadata(graphSchema, ONNX_NETWORK, text, file);
}

/** The model and its weights in a checkpoint that `toOnnxCheckpoint` made. @throws InputError when the tensors are not the network's */
export function fromOnnxCheckpoint(
  { tensors, metadata }: Checkpoint,
  { model }: Pick<OnnxNetwork, 'model'>,
  file: string,
) {
  const ofModel = new Map([...tensors].filter(([name]) => !isOptimiserTensor(name)));
  return { model, weights: fromStateDict(model, ofModel, file), trainedOn: trainedOnIn(metadata, file) };
}
