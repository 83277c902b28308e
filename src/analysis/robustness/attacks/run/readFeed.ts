import type { Feed, Tensor } from '../../../../engine/index.ts';

/** A copy on the host of what a graph was or will be fed with. */
export const hostArray = async (feed: Feed): Promise<Float32Array> =>
  (ArrayBuffer.isView(feed) ? feed.slice() : await (feed as Tensor).read()) as Float32Array;
