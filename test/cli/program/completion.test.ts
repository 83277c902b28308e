import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, type TestContext, test } from 'vitest';
import { ATTACK_NAMES } from '../../../src/analysis/robustness/attacks/catalogue.ts';
import { completionScript, type Shell } from '../../../src/cli/program/completion.ts';
import { createProgram } from '../../../src/cli/program/program.ts';
import { collectTerminal } from '../../support/collectTerminal.ts';

const program = await createProgram(
  {
    terminal: collectTerminal().terminal,
    openDevice: () => Promise.reject(new Error('not here')),
    openMachine: () => Promise.reject(new Error('not here')),
  },
  ['reference'],
);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'outlast-completion-'));
  mkdirSync(join(folder, 'my runs'));
  writeFileSync(join(folder, 'model.safetensors'), '');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Leaves a test out, and says why, where there is no such shell. */
function needs(shell: Shell, { skip }: TestContext): void {
  skip(spawnSync(shell, ['-c', 'exit']).status !== 0, `${shell} is not installed`);
}

/** What a shell itself makes of the script at the end of a line. */
const COMPLETED: Readonly<Record<'bash' | 'fish', (script: string, line: string) => readonly string[]>> = {
  bash: (script, line) => [
    '-c',
    `${script}\nCOMP_WORDS=(${line
      .split(' ')
      .map((word) => `'${word}'`)
      .join(' ')}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _outlast; printf '%s\\n' "\${COMPREPLY[@]}"`,
  ],
  fish: (script, line) => ['-c', `${script}\ncomplete -C '${line}'`],
};

function completed(shell: 'bash' | 'fish', line: string): string[] {
  const { stdout, stderr, status } = spawnSync(shell, COMPLETED[shell](completionScript(program, shell), line), {
    cwd: folder,
    encoding: 'utf8',
  });
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  // fish adds descriptions after a tab.
  return stdout
    .split('\n')
    .map((each) => each.split('\t')[0])
    .filter((each) => each !== '')
    .sort();
}

const LINES: readonly (readonly [line: string, words: readonly string[]])[] = [
  ['outlast study r', ['report', 'retry', 'run']],
  ['outlast study run --dr', ['--dry-run']],
  ['outlast attack --attack ', [...ATTACK_NAMES].sort()],
  ['outlast attack --norm ', ['0', '1', '2', 'inf']],
  ['outlast --no-tune data fetch cifar', ['cifar10', 'cifar100']],
  ['outlast completion ', ['bash', 'fish', 'zsh']],
];

for (const shell of ['bash', 'fish'] as const) {
  test.for(LINES)(`${shell} completes '%s'`, ([line, words], context) => {
    needs(shell, context);
    const told = completed(shell, line);
    // fish tells options of a command only after a dash, bash at once.
    expect(told.filter((word) => !word.startsWith('-') || line.includes(' --dr'))).toEqual(words);
  });

  test(`${shell} completes files where they are due`, (context) => {
    needs(shell, context);
    const escaped = completed(shell, 'outlast attack --checkpoint m').map((word) => word.replace('\\ ', ' '));
    expect(escaped.map((word) => word.replace(/\/$/, ''))).toEqual(['model.safetensors', 'my runs']);
    expect(completed(shell, 'outlast study run mod')).toEqual(['model.safetensors']);
    // A number is no file.
    expect(completed(shell, 'outlast train --epochs m')).toEqual([]);
  });
}

test('zsh reads its script', (context) => {
  needs('zsh', context);
  const script = completionScript(program, 'zsh');
  const { stderr, status } = spawnSync(
    'zsh',
    ['-f', '-c', `autoload -U compinit; compinit -D -u; ${script}\nwhence _outlast`],
    {
      encoding: 'utf8',
    },
  );
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
});

test('every command and option is in the script of every shell', () => {
  for (const shell of ['bash', 'zsh', 'fish'] as const) {
    const script = completionScript(program, shell);
    expect(script).toContain('study compare');
    expect(script).toMatch(/--stalled-after|-l stalled-after/);
    // What is hidden is not told.
    expect(script).not.toContain('study work');
  }
});
