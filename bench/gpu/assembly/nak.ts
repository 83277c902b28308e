/** NVK: the assembly of NAK, its compiler. */
import { type Block, type Dialect, linked, type Mix } from './mix.ts';

/** `block.u 7 L10 [6] -> {` … `} -> [8]`. */
function blocksOf(text: string): Block[] {
  const blocks: { label: string; lines: string[]; targets: string[] }[] = [];
  for (const line of text.split('\n')) {
    const start = /^\s*block\S*\s+(\d+)/.exec(line);
    const end = /^\s*\}\s*->\s*\[([^\]]*)\]/.exec(line);
    if (start !== null) blocks.push({ label: start[1], lines: [], targets: [] });
    else if (end !== null) blocks.at(-1)?.targets.push(...end[1].split(',').map((label) => label.trim()));
    else if (line.trim() !== '') blocks.at(-1)?.lines.push(line.split('//')[0].trim());
  }
  return linked(blocks);
}

/** One instruction is issued a cycle and scheduler, whatever it is; products of whole numbers and conversions take several. */
function count(line: string): Partial<Mix> {
  const operation = /^(@!?u?p\S+\s+)?(?:.*?\s=\s)?(\S+)/.exec(line)?.[2];
  if (operation === undefined || /^(nop|bclear|bmov|\})/.test(operation)) return {};
  const one = { instructions: 1, slots: 1 };
  const bytes = Number(/\.b(\d+)/.exec(operation)?.[1] ?? 32) / 8;
  if (/^ldc/.test(operation)) return one;
  if (/^ld\.shared/.test(operation)) return { ...one, workgroupBytes: bytes };
  if (/^st\.shared/.test(operation)) return { ...one, workgroupStoreBytes: bytes };
  if (/^ld\.(global|const)/.test(operation)) return { ...one, bufferBytes: bytes };
  const fma = /^(ffma|hfma2)/.test(operation) ? 1 : 0;
  const slow = /^(mufu|i2f|f2i|f2f|i2i|popc|flo)/.test(operation);
  return {
    instructions: 1,
    slots: operation.startsWith('imad') ? 2 : slow ? 4 : 1,
    fma,
    fmas: operation.startsWith('hfma2') ? 2 : fma,
    adds: /^(fadd|fmul|fmnmx|hadd2|hmul2)/.test(operation) ? 1 : 0,
  };
}

export const nak: Dialect = { matches: (text) => /^\s*block\S*\s+\d+/m.test(text), blocks: blocksOf, count };
