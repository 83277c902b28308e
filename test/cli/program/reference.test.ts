import { readdirSync, readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { describeCommands } from '../../../src/cli/program/commandTree.ts';
import { withTables } from '../../../src/cli/program/markdown.ts';
import { createProgram } from '../../../src/cli/program/program.ts';
import { commandReference } from '../../../src/cli/program/reference.ts';
import { TABLES } from '../../../src/cli/program/tables.ts';
import { collectTerminal } from '../../support/collectTerminal.ts';

const { texts, terminal } = collectTerminal();
const program = await createProgram(
  {
    terminal,
    openDevice: () => Promise.reject(new Error('not here')),
    openMachine: () => Promise.reject(new Error('not here')),
  },
  ['reference'],
);

test('docs/commands.md is what `npm run docs` makes of the program', () => {
  expect(readFileSync('docs/commands.md', 'utf8')).toBe(commandReference(program));
});

const pages = readdirSync('docs').filter(
  (name) => name.endsWith('.md') && readFileSync(`docs/${name}`, 'utf8').includes('<!-- table '),
);

test.each(pages)('the tables of docs/%s are what `npm run docs` makes of the program', (name) => {
  const page = readFileSync(`docs/${name}`, 'utf8');
  expect(page).toBe(withTables(page, TABLES));
});

test('a table replaces what was in its place, and nothing around it', () => {
  const page = 'a\n<!-- table x -->\nold\n<!-- end of table -->\nb\n<!-- table x -->\n<!-- end of table -->\n';
  const place = '<!-- table x -->\n\n| new $1 |\n\n<!-- end of table -->\n';
  expect(withTables(page, { x: () => '| new $1 |' })).toBe(`a\n${place}b\n${place}`);
  expect(() => withTables(page, { y: () => '' })).toThrow('there is no table x; there are y');
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
