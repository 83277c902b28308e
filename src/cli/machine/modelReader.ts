import type { ModelReader } from '../../analysis/study/index.ts';
import { readCheckpoint } from '../../models/checkpoint/file.node.ts';
import { readOnnxFile } from '../../models/onnx/file.node.ts';
import { modelDigest } from '../../models/open.node.ts';

/** Reads models from this machine's files. */
export const modelReader: ModelReader = { digestOf: modelDigest, readCheckpoint, readOnnx: readOnnxFile };
