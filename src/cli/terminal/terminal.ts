import { type Line, Table, wrapped } from './table.ts';

/** Where a command writes: figures and results on standard output, progress and messages on standard error. */
export interface Terminal {
  /** `columns` is the width of a terminal; it is missing for a file or another program, where no line is broken. */
  readonly stdout: NodeJS.WritableStream & { readonly columns?: number };
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

/** Prints a text as it is. */
export function print({ stdout }: Terminal, text: string): void {
  stdout.write(`${text}\n`);
}

/** Prints lines and tables for a reader: on a terminal no wider than it is. */
export function printLines(terminal: Terminal, lines: readonly Line[]): void {
  const { columns } = terminal.stdout;
  const fitted = (line: Line): readonly string[] => {
    if (columns === undefined || columns <= 0) return [String(line)];
    return line instanceof Table ? line.fitted(columns) : line.split('\n').flatMap((each) => wrapped(each, columns));
  };
  for (const text of lines.flatMap(fitted)) print(terminal, text);
}
