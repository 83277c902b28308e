/** Where a command writes: figures and results on standard output, progress and messages on standard error. */
export interface Terminal {
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

export function print({ stdout }: Terminal, text: string): void {
  stdout.write(`${text}\n`);
}
