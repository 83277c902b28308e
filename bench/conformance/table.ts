import type { Outcome } from './runCase.ts';

/** How many reasons a cell tells. */
const MOST_REASONS = 3;

const times = (count: number, what: string): string => (count === 1 ? what : `${what} (${count})`);

/** Messages without what names the file, the node and the tensor, and without advice. */
const reasonOf = (why: string): string =>
  why
    .replace(/^.*? \(\w[^()]*, opset \d+\): /, '')
    .replace(/^[\w.-]+: /, '')
    .replace(/^tensor "[^"]*": its/, 'its')
    .replace(/(; docs\/|, should be one of| and \d+ more).*$/, '');

function reasons(outcomes: readonly Outcome[]): string {
  const counts = new Map<string, number>();
  for (const { why = '' } of outcomes) counts.set(reasonOf(why), (counts.get(reasonOf(why)) ?? 0) + 1);
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  const told = sorted.slice(0, MOST_REASONS).map(([why, count]) => times(count, why));
  const rest = sorted.slice(MOST_REASONS).reduce((sum, [, count]) => sum + count, 0);
  return [...told, ...(rest > 0 ? [`others (${rest})`] : [])].join('; ');
}

const cell = (text: string | number): string => (text === 0 ? '' : `${text}`.replaceAll('|', '\\|'));

const ofOutcome = (outcomes: readonly Outcome[], outcome: Outcome['outcome']) =>
  outcomes.filter((each) => each.outcome === outcome);

/** Results as Markdown: the sum, a row for each operator and suite of which a case passed or failed, and the names of the others. */
export function conformanceTable(outcomes: readonly Outcome[], onnx: string): string {
  const operators = [...new Set(outcomes.map(({ operator }) => operator))].sort((a, b) => (a < b ? -1 : 1));
  const rows = operators.map((operator) => {
    const own = outcomes.filter((each) => each.operator === operator);
    const [passed, unsupported, failed] = (['passed', 'unsupported', 'failed'] as const).map((each) =>
      ofOutcome(own, each),
    );
    return { operator, passed: passed.length, unsupported, failed: failed.length };
  });
  const isRead = ({ passed, failed }: (typeof rows)[number]) => passed + failed > 0;
  const count = (outcome: Outcome['outcome']) => ofOutcome(outcomes, outcome).length;
  return [
    `Of the ${outcomes.length} cases of onnx ${onnx}, ${count('passed')} pass, ${count('unsupported')} are refused and ${count('failed')} fail.`,
    '',
    '| operator or suite | passed | refused | failed | why refused |',
    '|---|--:|--:|--:|---|',
    ...rows
      .filter(isRead)
      .map(
        ({ operator, passed, unsupported, failed }) =>
          `| \`${operator}\` | ${[passed, unsupported.length, failed, reasons(unsupported)].map(cell).join(' | ')} |`,
      ),
    '',
    `Refused in every case: ${rows
      .filter((row) => !isRead(row))
      .map(({ operator, unsupported }) => times(unsupported.length, `\`${operator}\``))
      .join(', ')}.`,
  ].join('\n');
}

/** All outcomes as JSON: names of those that passed, and what was said of the others. */
export function conformanceText(outcomes: readonly Outcome[], onnx: string): string {
  const reasons = (outcome: Outcome['outcome']) =>
    Object.fromEntries(ofOutcome(outcomes, outcome).map(({ name, why = '' }) => [name, reasonOf(why)]));
  const passed = ofOutcome(outcomes, 'passed').map(({ name }) => name);
  return `${JSON.stringify({ onnx, passed, refused: reasons('unsupported'), failed: reasons('failed') }, null, 2)}\n`;
}

const PLACE = /(<!-- conformance[^>]*-->\n)[\s\S]*?(<!-- end of conformance -->)/;

/** A page with a table in its place. @throws Error when it has none */
export function withConformance(page: string, table: string): string {
  if (!PLACE.test(page)) throw new Error('the page has no place <!-- conformance --> … <!-- end of conformance -->');
  return page.replace(PLACE, (_, begin: string, end: string) => `${begin}\n${table}\n\n${end}`);
}
