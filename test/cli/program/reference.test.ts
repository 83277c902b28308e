import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { describeCommands } from '../../../src/cli/program/commandTree.ts';
import { createProgram } from '../../../src/cli/program/program.ts';
import { commandReference } from '../../../src/cli/program/reference.ts';
import { collectTerminal } from '../../support/collectTerminal.ts';

const { texts, terminal } = collectTerminal();
const program = createProgram({
  terminal,
  openDevice: () => Promise.reject(new Error('not here')),
  openMachine: () => Promise.reject(new Error('not here')),
});

test('docs/commands.md is what `npm run docs` makes of the program', () => {
  expect(readFileSync('docs/commands.md', 'utf8')).toBe(commandReference(program));
});

test('the reference has every option that the help of its command tells, with its default', () => {
  const text = commandReference(program);
  for (const { path, options } of describeCommands(program)) {
    const command = path
      .split(' ')
      .slice(1)
      .reduce((above, name) => above.commands.find((each) => each.name() === name) ?? above, program as Command);
    const help = command.helpInformation();
    for (const { flags, fallback } of options) {
      expect(help, path).toContain(flags);
      if (!flags.includes('--help')) expect(text, path).toContain(`| \`${flags}\` |`);
      if (fallback !== null) expect(text).toContain(`\`${fallback}\` |`);
    }
  }
});

test('the help of the program ends with the environment', async () => {
  await expect(program.parseAsync(['--help'], { from: 'user' })).rejects.toThrow('(outputHelp)');
  expect(texts.stdout).toMatch(/\nEnvironment:\n {2}OUTLAST_DEBUG +from 1 on, /);
  expect(texts.stdout).toMatch(/\n {2}OUTLAST_WAIT_LIMIT +how long to wait/);
});
