import { figureText, meaningOf, type Report, readable, verdictSentence } from '../../analysis/report/index.ts';
import { writeReport } from '../../analysis/report/write.node.ts';
import { expand, type ParsedStudy, type RunRecords, readFinished } from '../../analysis/study/index.ts';
import { readRun } from '../../analysis/study/store/store.node.ts';
import { plain } from '../../base/notation.ts';
import { versions } from '../program/versions.ts';
import { print, printLines, type Terminal } from '../terminal/terminal.ts';

interface ReportFlags {
  readonly json?: boolean;
}

/** `outlast study report DIR` */
export async function reportCommand(folder: string, flags: ReportFlags, terminal: Terminal): Promise<void> {
  const { parsed, store } = await readRun(folder);
  const finished = await readFinished(parsed.study, store);
  tellUnsealed(folder, store, terminal);
  await tellReport(folder, parsed, finished, flags, terminal);
}

/** Says where results lie of which nobody could notice a change. */
function tellUnsealed(folder: string, store: RunRecords, { stderr }: Terminal): void {
  const count = store.unsealed();
  if (count > 0)
    stderr.write(
      `${folder}: ${count} ${count === 1 ? 'trial was' : 'trials were'} kept by an earlier version, without digests: changes to their files are not noticed\n`,
    );
}

/** Writes the report of the finished trials, if there are any, and prints its verdict. */
export async function report(
  folder: string,
  parsed: ParsedStudy,
  store: RunRecords,
  flags: ReportFlags,
  terminal: Terminal,
): Promise<void> {
  const finished = await readFinished(parsed.study, store);
  tellUnsealed(folder, store, terminal);
  if (finished.length > 0) await tellReport(folder, parsed, finished, flags, terminal);
}

async function tellReport(
  folder: string,
  { study, document }: ParsedStudy,
  finished: Awaited<ReturnType<typeof readFinished>>,
  { json }: ReportFlags,
  terminal: Terminal,
): Promise<void> {
  const { report, page } = await writeReport(folder, finished, study, {
    planned: expand(study).length,
    configuration: document,
    made: versions(),
  });
  if (json) print(terminal, JSON.stringify(report, null, 2));
  else printLines(terminal, summary(report, page));
}

/** Longer lists run off a terminal; the report has them all. */
const MOST_LINES = 40;

/** The verdict on a terminal. */
export function summary({ trash }: Report, page: string): string[] {
  const lines = trash.slice(0, MOST_LINES).map((line) => ({
    name: `${line.model}, ${readable(line.defence)}`,
    score:
      line.value === null
        ? meaningOf(line, plain)
        : `TRASH ${figureText(line.clocks[0].best, plain)} against ${readable(line.attack ?? '')}: ${line.reading}`,
  }));
  const width = lines.reduce((widest, { name }) => Math.max(widest, name.length), 0);
  return [
    verdictSentence(trash),
    ...lines.map(({ name, score }) => `  ${name.padEnd(width)}  ${score}`),
    ...(trash.length > lines.length ? [`  and ${trash.length - lines.length} more`] : []),
    `Report: ${page}`,
  ];
}
