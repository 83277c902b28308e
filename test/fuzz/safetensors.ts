import { decodeSafetensors, encodeSafetensors } from '../../src/models/checkpoint/safetensors.ts';
import { buildNetwork } from '../../src/models/network/catalogue.ts';
import { fromCheckpoint, toCheckpoint } from '../../src/models/network/savedModel.ts';
import { initialWeights } from '../../src/models/network/weights.ts';
import type { FuzzTarget } from '../support/fuzz/target.ts';

/** Checkpoints of networks, whole and without what outlast notes beside the tensors. */
export const safetensors: FuzzTarget = {
  seeds: async () => {
    const options = { family: 'mlp', width: 3, depth: 1, inChannels: 1, classes: 2, imageSize: [2, 2] } as const;
    const model = buildNetwork(options);
    const checkpoint = toCheckpoint(options, initialWeights(model, 0));
    return [encodeSafetensors(checkpoint)];
  },
  read: (bytes) => fromCheckpoint(decodeSafetensors(bytes, 'model.safetensors'), 'model.safetensors'),
  words: ['"dtype":', '"shape":', '"data_offsets":', '"F32"', '"F64"', '"BF16"', '"__metadata__":', '"U8"'],
  reseal: (bytes) => {
    // The header's length is what stands before the first byte of data: as far as the last brace of the beginning.
    const end = bytes.lastIndexOf(0x7d);
    if (end < 8) return bytes;
    const sealed = bytes.slice();
    new DataView(sealed.buffer).setBigUint64(0, BigInt(end + 1 - 8), true);
    return sealed;
  },
};
