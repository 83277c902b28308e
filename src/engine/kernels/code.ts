import { shaders } from '../../shaders/all.ts';
import type { KernelCall } from '../graph/op.ts';
import { type ExpandedLine, expandedLines } from './wgsl.ts';

/** What decides the text of a kernel. */
export type KernelText = Pick<KernelCall, 'shader' | 'constants'>;

const paths = new Map(Object.entries(shaders).map(([path, text]) => [text, path]));

/** The lines that a call runs, and where they come from. @throws SyntaxError that names a file and its line */
export const kernelLines = ({ shader, constants }: KernelText): ExpandedLine[] =>
  expandedLines(shader, constants, { name: paths.get(shader), files: shaders });

/** Texts by shader, then by constants: a network runs few kernels, each of them in many places. */
const codes = new Map<string, Map<string, string>>();

/** The WGSL that a call runs. @throws SyntaxError that names a file and its line */
export function kernelCode(call: KernelText): string {
  let ofShader = codes.get(call.shader);
  if (ofShader === undefined) {
    ofShader = new Map();
    codes.set(call.shader, ofShader);
  }
  const key = JSON.stringify(call.constants ?? {});
  let code = ofShader.get(key);
  if (code === undefined) {
    code = kernelLines(call)
      .map(({ text }) => text)
      .join('\n');
    ofShader.set(key, code);
  }
  return code;
}

/** Lines for a reader: with their numbers, and the file's name wherever another one begins. */
export function listingOf(lines: readonly ExpandedLine[]): string {
  return lines
    .flatMap(({ text, file, line }, i) => [
      ...(file === lines[i - 1]?.file ? [] : [`// ${file}`]),
      `${String(line).padStart(5)}  ${text}`.trimEnd(),
    ])
    .join('\n');
}
