import type { Dataset } from '../../models/index.ts';

/** Bytes of an image of MNIST. */
const PIXELS = 784;

let loaded: Promise<Dataset> | undefined;

/** Digits of MNIST that come with the page, the first of each part. @throws Error where the server has them not */
export function digits(): Promise<Dataset> {
  loaded ??= fetchDigits().catch((error: unknown) => {
    loaded = undefined;
    throw error;
  });
  return loaded;
}

/** The file is compressed by gzip: two numbers of 32 bits, how many to train on and to test with, then images and labels of each. */
async function fetchDigits(): Promise<Dataset> {
  const response = await fetch('digits.bin');
  if (!response.ok || response.body === null) throw new Error(`digits.bin: the server answers ${response.status}`);
  const stream = response.body.pipeThrough(new DecompressionStream('gzip'));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const counts = new DataView(bytes.buffer);
  let at = 8;
  const take = (length: number) => {
    at += length;
    return bytes.subarray(at - length, at);
  };
  const part = (count: number) => ({ images: take(count * PIXELS), labels: take(count), count });
  const train = part(counts.getUint32(0, true));
  const test = part(counts.getUint32(4, true));
  return { name: 'mnist', classes: 10, channels: 1, height: 28, width: 28, train, test };
}
