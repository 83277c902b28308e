/** Cases of ONNX's own tests, as scripts/onnxCases.py packs them: JSON lines. */

/** Inputs, and the outputs that are right, as serialised tensors; null: a value that is no tensor. */
interface DataSet {
  readonly inputs: readonly (string | null)[];
  readonly outputs: readonly (string | null)[];
}

export interface ConformanceCase {
  readonly name: string;
  /** The operator that it tests, or the suite that it belongs to. */
  readonly operator: string;
  /** Null where no operator of ONNX's own domain is imported. */
  readonly opset: number | null;
  /** An output may be off by atol + rtol · |expected|. */
  readonly rtol: number;
  readonly atol: number;
  /** A file, in base64 as the tensors. */
  readonly model: string;
  readonly sets: readonly DataSet[];
}

/** The cases of a pack. */
export const casesOf = (lines: string): ConformanceCase[] =>
  lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ConformanceCase);

/** The bytes of a file or tensor of a case, aligned so that a reader may view them. */
export function bytesOf(base64: string): Uint8Array {
  const characters = atob(base64);
  return Uint8Array.from({ length: characters.length }, (_, i) => characters.charCodeAt(i));
}
