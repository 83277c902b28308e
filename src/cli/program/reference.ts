import type { Command } from 'commander';
import { ENVIRONMENT } from '../../base/environment.ts';
import { type CommandDescription, describeCommands, type OptionDescription } from './commandTree.ts';
import { markdownTable } from './markdown.ts';

/** The text of docs/commands.md: every command as its `--help` shows it, and what all commands share. */
export function commandReference(program: Command): string {
  const [root, ...commands] = describeCommands(program);
  return `${[
    '# Commands',
    'Made from the program by `npm run docs`: change the texts in `src/cli`, not this file.',
    root.description,
    markdownTable(
      ['command', 'does'],
      commands
        .filter(({ subcommands }) => subcommands.length === 0)
        .map(({ path, description }) => [`[\`${path}\`](#${path.replaceAll(' ', '-')})`, description]),
    ),
    '## For every command',
    optionTable(root.options),
    'Exit codes: 0 done, 1 failed, 2 wrong input, 128 and its number where a signal ended a training. Figures and results go to standard output,\n' +
      'progress and messages to standard error. On a terminal tables are printed no wider than it is; in a file or another program they are whole.',
    '### Environment',
    markdownTable(
      ['variable', 'value', 'meaning'],
      ENVIRONMENT.map(({ name, value, meaning }) => [`\`${name}\``, value, meaning]),
    ),
    '### Completion',
    'In the start file of the shell, where `outlast` is on its path (`npm link` in the checkout puts it there):',
    '```sh\nsource <(outlast completion bash)    # bash\nsource <(outlast completion zsh)     # zsh, after compinit\noutlast completion fish | source     # fish\n```',
    ...commands.filter(({ subcommands }) => subcommands.length === 0).flatMap(section),
  ].join('\n\n')}\n`;
}

/** The environment as `outlast --help` ends with it. */
export function environmentHelp(): string {
  const width = Math.max(...ENVIRONMENT.map(({ name }) => name.length));
  return ['', 'Environment:', ...ENVIRONMENT.map(({ name, meaning }) => `  ${name.padEnd(width)}  ${meaning}`)].join(
    '\n',
  );
}

function section({ path, description, usage, arguments: parameters, options }: CommandDescription): string[] {
  const special = options.filter(({ global, long }) => !global && long !== '--help');
  return [
    `## ${path}`,
    description,
    `\`\`\`\n${usage}\n\`\`\``,
    ...(parameters.length === 0
      ? []
      : [
          markdownTable(
            ['argument', 'meaning', 'default'],
            parameters.map(({ name, description: meaning, choices, fallback }) => [
              `\`${name}\``,
              withChoices(meaning, choices),
              fallback === null ? '' : `\`${fallback}\``,
            ]),
          ),
        ]),
    ...(special.length === 0 ? [] : [optionTable(special)]),
  ];
}

const withChoices = (meaning: string, choices: readonly string[]) =>
  choices.length === 0 ? meaning : `${meaning}: ${choices.map((each) => `\`${each}\``).join(', ')}`;

function optionTable(options: readonly OptionDescription[]): string {
  return markdownTable(
    ['option', 'meaning', 'default'],
    options.map(({ flags, description, choices, fallback }) => [
      `\`${flags}\``,
      withChoices(description, choices),
      fallback === null ? '' : `\`${fallback}\``,
    ]),
  );
}
