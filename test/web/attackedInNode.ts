import type { AttackRecord } from '../../src/analysis/robustness/attacks/run/record.ts';
import type { AdapterDescription } from '../../src/engine/device/profile.ts';
import type { ImageShape } from '../../src/models/evaluation/evaluate.ts';
import { runOnSwiftshader } from '../support/webPages.ts';

/** What `attackInNode.node.ts` attacks by PGD. */
export interface AttackedInNode {
  /** ONNX or safetensors. */
  readonly file: string;
  readonly shape: ImageShape;
  readonly image: readonly number[];
  readonly label: number | null;
  readonly settings: Readonly<Record<string, number | string>>;
}

/** What an attack came to, as the lab's JSON file and Node tell it. */
export interface AttackResult {
  readonly record: AttackRecord;
  readonly image: readonly number[];
  readonly logits: readonly number[];
}

/** Attacks an image in Node on SwiftShader, the driver that is Chromium's. */
export const attackInNode = (attacked: AttackedInNode) =>
  runOnSwiftshader<AttackResult & { readonly adapter: AdapterDescription }>('test/web/attackInNode.node.ts', attacked);
