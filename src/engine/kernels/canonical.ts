import type { KernelCall } from '../graph/op.ts';
import { kernelCode } from './code.ts';

/**
 * WGSL as it means something: without comments, white space in one way, and the declarations of the module sorted, whose order WGSL does
 * not mind. Two texts of one form compute the same.
 */
export function canonicalWgsl(code: string): string {
  const bare = code.replace(/\/\/[^\n]*/g, '');
  const declarations: string[] = [];
  let start = 0;
  let depth = 0;
  const end = (at: number) => {
    const declaration = bare.slice(start, at).replace(/\s+/g, ' ').trim();
    if (declaration !== '') declarations.push(declaration);
    start = at;
  };
  for (let at = 0; at < bare.length; at++) {
    const letter = bare[at];
    if ('({['.includes(letter)) depth++;
    else if (')}]'.includes(letter)) depth--;
    if (depth === 0 && (letter === ';' || letter === '}')) end(at + 1);
  }
  end(bare.length);
  return declarations.sort().join('\n');
}

/**
 * A function that tells the kernels of calls apart by what they compute. It remembers those that it has seen: most
 * calls run one of a few.
 */
export function canonicalKernels(): (call: KernelCall) => string {
  const known = new Map<string, string>();
  return (call) => {
    const key = JSON.stringify([call.shader, call.entry, call.constants]);
    const text = known.get(key) ?? `${call.entry}\n${canonicalWgsl(kernelCode(call))}`;
    known.set(key, text);
    return text;
  };
}
