import { Argument, type Command } from 'commander';
import { print, type Terminal } from '../terminal/terminal.ts';
import { type CommandDescription, describeCommands, type OptionDescription } from './commandTree.ts';

const SHELLS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion };

export type Shell = keyof typeof SHELLS;

/** `outlast completion SHELL`. */
export function addCompletionCommand(command: Command, { terminal }: { readonly terminal: Terminal }): void {
  command
    .addArgument(new Argument('<shell>', 'which shell').choices(Object.keys(SHELLS)))
    .addHelpText(
      'after',
      `
In the start file of the shell:
  bash  source <(outlast completion bash)
  zsh   source <(outlast completion zsh)
  fish  outlast completion fish | source`,
    )
    .action((shell: Shell) => print(terminal, completionScript(command.parent!, shell)));
}

/**
 * The completion of a whole program as a script without further calls of it: each would take as long as a start of Node.
 * @param shell the script's language
 */
export function completionScript(program: Command, shell: Shell): string {
  return SHELLS[shell](describeCommands(program));
}

const flagsOf = ({ long, short }: OptionDescription): string[] => [long, ...(short === null ? [] : [`-${short}`])];

/** Where a value must follow a flag, by what it may be: `outlast attack --norm`. */
function placesOfValues(commands: readonly CommandDescription[]) {
  const places = commands.flatMap(({ path, options }) =>
    options
      .filter(({ value }) => value === 'required')
      .flatMap((option) => flagsOf(option).map((flag) => ({ place: `${path} ${flag}`, ...option }))),
  );
  const open = places.filter(({ choices }) => choices.length === 0);
  return {
    chosen: places.filter(({ choices }) => choices.length > 0),
    files: open.filter(({ path }) => path).map(({ place }) => place),
    free: open.filter(({ path }) => !path).map(({ place }) => place),
  };
}

/** The words that lead to a command: `outlast study`, `outlast study run`. */
const placesOf = (commands: readonly CommandDescription[]): string[] => commands.slice(1).map(({ path }) => path);

/** Whether an argument of the command itself is a file. */
const takesFiles = ({ arguments: words }: CommandDescription): boolean => words.some(({ path }) => path);

const wordsOf = ({ subcommands, arguments: words, options }: CommandDescription) => [
  ...subcommands,
  ...words.flatMap(({ choices, description }) => choices.map((name) => ({ name, description }))),
  ...options.flatMap((option) => flagsOf(option).map((name) => ({ name, description: option.description }))),
];

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** A branch of a shell's `case`; none for no places. */
const branch = (places: readonly string[], action: string): string[] =>
  places.length === 0 ? [] : [`    ${places.map(quoted).join('|')}) ${action} ;;`];

function bashCompletion(commands: readonly CommandDescription[]): string {
  const { chosen, files, free } = placesOfValues(commands);
  return `# bash completion of outlast
_outlast() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]}
  local place=outlast words='' files='' word
  COMPREPLY=()
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD - 1}"; do
    case "$place $word" in
  ${branch(placesOf(commands), 'place="$place $word"').join('\n')}
    esac
  done
  case "$place $previous" in
${[
  ...chosen.flatMap(({ place, choices }) => branch([place], `words=${quoted(choices.join(' '))}`)),
  ...branch(files, 'files=yes'),
  ...branch(free, 'return'),
].join('\n')}
    *)
      case "$place" in
${commands
  .flatMap((command) => {
    const words = `words=${quoted(
      wordsOf(command)
        .map(({ name }) => name)
        .join(' '),
    )}`;
    return branch([command.path], takesFiles(command) ? `${words} files=yes` : words);
  })
  .map((line) => `    ${line}`)
  .join('\n')}
      esac
      ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  if [[ -n $files && $current != -* ]]; then
    compopt -o filenames 2>/dev/null
    while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "$current")
  fi
}
complete -F _outlast outlast`;
}

function zshCompletion(commands: readonly CommandDescription[]): string {
  const { chosen, files, free } = placesOfValues(commands);
  const entry = ({ name, description }: { name: string; description: string }) =>
    quoted(`${name}:${description.replaceAll(':', '\\:')}`);
  return `#compdef outlast
_outlast() {
  local place=outlast word files=''
  local -a described
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$place $word" in
  ${branch(placesOf(commands), 'place="$place $word"').join('\n')}
    esac
  done
  case "$place $words[CURRENT-1]" in
${[
  ...chosen.flatMap(({ place, choices }) => branch([place], `compadd -- ${choices.map(quoted).join(' ')}; return`)),
  ...branch(files, '_files; return'),
  ...branch(free, 'return'),
].join('\n')}
  esac
  case "$place" in
${commands
  .flatMap((command) => {
    const words = `described=(${wordsOf(command).map(entry).join(' ')})`;
    return branch([command.path], takesFiles(command) ? `${words}; files=yes` : words);
  })
  .join('\n')}
  esac
  _describe -t words outlast described
  [[ -z $files ]] || _files
}
if [[ $funcstack[1] == _outlast ]]; then _outlast "$@"; else compdef _outlast outlast; fi`;
}

function fishCompletion(commands: readonly CommandDescription[]): string {
  const text = (words: string) => `'${words.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const lines = commands.flatMap((command) => {
    const at = `complete -c outlast -n ${text(`__outlast_at ${command.path}`)}`;
    const words = [
      ...command.subcommands,
      ...command.arguments.flatMap(({ choices, description }) => choices.map((name) => ({ name, description }))),
    ];
    return [
      ...(takesFiles(command) ? [`${at} -F`] : []),
      ...words.map(({ name, description }) => `${at} -a ${text(name)} -d ${text(description)}`),
      ...command.options.map(({ long, short, value, choices, path, description }) => {
        const flags = `-l ${long.slice(2)}${short === null ? '' : ` -s ${short}`}`;
        const given = choices.length > 0 ? ` -x -a ${text(choices.join(' '))}` : path ? ' -r -F' : ' -x';
        return `${at} ${flags}${value === 'required' ? given : ''} -d ${text(description)}`;
      }),
    ];
  });
  return `# fish completion of outlast
function __outlast_at
    set -l place outlast
    for word in (commandline -opc)[2..-1]
        switch "$place $word"
            case ${placesOf(commands).map(text).join(' ')}
                set place "$place $word"
        end
    end
    test "$place" = "$argv"
end
complete -c outlast -f
${lines.join('\n')}`;
}
