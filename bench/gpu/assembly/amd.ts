/** RADV: the disassembly by LLVM, and ACO's own print of its instructions where LLVM does not know the GPU. */
import { type Block, type Dialect, linked, type Mix } from './mix.ts';

const MULTIPLY_ADD = /^v_(dual_)?(pk_)?(fma|fmac|mad|mac)(ak|mk)?(_mix)?_(f32|f16|legacy_f32)/;
const FLOAT = /^v_(dual_)?(pk_)?(add|sub|subrev|mul|max|min|max3|min3|med3)_(num_)?f(32|16)/;
/** A quarter of the rate of others: products of whole numbers, and transcendental functions. */
const SLOW =
  /^v_(mul_lo_u32|mul_hi_u32|mul_hi_i32|mul_lo_i32|mad_u64_u32|mad_i64_i32|mad_co_u64_u32|(rcp|rsq|sqrt|exp|log|sin|cos)_)/;
const NO_INSTRUCTION =
  /^s_(waitcnt|wait_|delay_alu|nop|clause|sendmsg|code_end|endpgm|set_inst_prefetch|inst_prefetch|setprio)/;
const SLOW_SLOTS = 4;

/** Bytes of a lane that a memory instruction moves. */
function bytesOf(name: string): number {
  const words = /dwordx(\d)/.exec(name);
  if (words !== null) return 4 * Number(words[1]);
  const bits = /_b(\d+)/.exec(name);
  if (bits !== null) return Number(bits[1]) / 8;
  return /(byte|_[ui]8)/.test(name) ? 1 : /(short|_[ui]16)/.test(name) ? 2 : 4;
}

function count(line: string): Partial<Mix> {
  const name = line.split(/[\s(]/, 1)[0];
  if (NO_INSTRUCTION.test(name)) return {};
  if (name.startsWith('ds_')) {
    const bytes = bytesOf(name) * (/(2addr|read2|write2)/.test(name) ? 2 : 1);
    return {
      instructions: 1,
      ...(/store|write/.test(name) ? { workgroupStoreBytes: bytes } : { workgroupBytes: bytes }),
    };
  }
  if (/^(global|buffer|flat|tbuffer)_/.test(name))
    return { instructions: 1, ...(/load/.test(name) ? { bufferBytes: bytesOf(name) } : {}) };
  if (name.startsWith('s_') || name.startsWith('scratch_')) return { instructions: 1 };
  if (!name.startsWith('v_')) return {};
  // One instruction may hold two: `v_dual_fmac_f32 … :: v_dual_mul_f32 …`; packed ones compute two numbers.
  const parts = line.split(' :: ');
  const numbers = name.startsWith('v_pk_') ? 2 : 1;
  const fmas = parts.filter((part) => MULTIPLY_ADD.test(part)).length * numbers;
  return {
    instructions: 1,
    slots: SLOW.test(name) ? SLOW_SLOTS : 1,
    fma: fmas > 0 ? 1 : 0,
    fmas,
    adds: parts.filter((part) => FLOAT.test(part)).length * numbers,
  };
}

/** ` v1: %391:v[41] = buffer_load_dword …` and `v_add_f32 v1, v2, v3   ; encoding`: the instruction alone. */
const instructionOf = (line: string) => {
  const text = line.split(';')[0];
  return text
    .slice(text.lastIndexOf(' = ') + 1)
    .replace(/^= /, '')
    .trim();
};

/** Blocks begin with a label, `BB3:` or `BB3`, and end where the next one begins or with a branch. */
function blocksOf(text: string): Block[] {
  const blocks: { label: string; lines: string[]; targets: string[] }[] = [];
  for (const line of text.split('\n')) {
    const label = /^BB(\d+):?\s*$/.exec(line);
    const instruction = instructionOf(line);
    if (label !== null) blocks.push({ label: label[1], lines: [], targets: [] });
    else if (/^\w/.test(instruction)) blocks.at(-1)?.lines.push(instruction);
  }
  blocks.forEach(({ lines, targets }, i) => {
    targets.push(...lines.flatMap((line) => /^s_c?branch\S*\s.*?BB(\d+)/.exec(line)?.[1] ?? []));
    const falls = !/^s_(branch|endpgm|setpc)/.test(lines.at(-1) ?? '');
    if (falls && i + 1 < blocks.length) targets.push(blocks[i + 1].label);
  });
  return linked(blocks);
}

export const amd: Dialect = { matches: (text) => /^BB\d+:?$/m.test(text), blocks: blocksOf, count };
