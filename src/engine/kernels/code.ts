import { shaders } from '../../shaders/all.ts';
import type { KernelCall } from '../graph/op.ts';
import { type ExpandedLine, expandedLines } from './wgsl.ts';

/** What decides the text of a kernel. */
export type KernelText = Pick<KernelCall, 'shader' | 'constants'>;

const paths = new Map(Object.entries(shaders).map(([path, text]) => [text, path]));

/** The lines that a call runs, and where they come from. @throws SyntaxError that names a file and its line */
export const kernelLines = ({ shader, constants }: KernelText): ExpandedLine[] =>
  expandedLines(shader, constants, { name: paths.get(shader), files: shaders });

/** The WGSL that a call runs. @throws SyntaxError that names a file and its line */
export const kernelCode = (call: KernelText): string => codeOf(kernelLines(call));

export const codeOf = (lines: readonly ExpandedLine[]): string => lines.map(({ text }) => text).join('\n');

/** Lines for a reader: with their numbers, and the file's name wherever another one begins. */
export function listingOf(lines: readonly ExpandedLine[]): string {
  return lines
    .flatMap(({ text, file, line }, i) => [
      ...(file === lines[i - 1]?.file ? [] : [`// ${file}`]),
      `${String(line).padStart(5)}  ${text}`.trimEnd(),
    ])
    .join('\n');
}
