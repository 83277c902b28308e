import { benchReport, type ReportBench } from '../../../bench/report.node.ts';
import { plain } from '../../base/notation.ts';
import type { Surroundings } from '../program/surroundings.ts';
import { print } from '../terminal/terminal.ts';

const { count, fixed } = plain;

/** `outlast bench report` */
export async function reportBenchCommand(
  { json }: { readonly json?: boolean },
  { terminal }: Surroundings,
): Promise<void> {
  const result = await benchReport((line) => terminal.stderr.write(`${line}\n`));
  print(terminal, json ? JSON.stringify(result, null, 2) : text(result).join('\n'));
}

function text(result: ReportBench): string[] {
  const { trials, samples, seconds, readSeconds, processorSeconds, pageBytes, jsonBytes, firstPaint, note } = result;
  return [
    `Report of ${count(trials)} trials, ${count(samples)} attacked images`,
    `  time         ${fixed(seconds, 1)} s (${fixed(readSeconds, 1)} s of it reading; ${fixed(processorSeconds, 1)} s of processor)`,
    `  page         ${fixed(pageBytes / 1e6, 2)} MB (report.json ${fixed(jsonBytes / 1e6, 1)} MB)`,
    `  first paint  ${firstPaint === null ? note : `${fixed(firstPaint / 1000, 2)} s`}`,
  ];
}
