import { spawnSync } from 'node:child_process';

/**
 * Runs npm to its end: the one that started this script, else the one on the path.
 * @param {string[]} args
 * @param {string} folder where it runs
 * @throws with npm's own words when it fails
 */
export function runNpm(args, folder) {
  const started = process.env.npm_execpath;
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  const [program, first] = started?.endsWith('.js') ? [process.execPath, [started]] : ['npm', []];
  const child = spawnSync(program, [...first, ...args, ...quiet], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    // On Windows npm is a command file, which only a shell starts.
    shell: program === 'npm' && process.platform === 'win32',
  });
  if (child.status === 0) return;
  throw new Error(
    `npm ${args[0]} failed: ${child.error?.message ?? (lastWords(child.stderr) || `status ${child.status}`)}`,
  );
}

/**
 * The first lines of what npm says, without its prefix, stack traces and the manual that it appends to some errors.
 * @param {string} stderr
 */
function lastWords(stderr) {
  const lines = stderr.split('\n').map((line) => line.replace(/^npm error ?/, ''));
  return lines
    .filter((line) => /^[^\s}]/.test(line) && !/^(npm warn|syscall|errno) /.test(line))
    .slice(0, 8)
    .join('; ');
}
