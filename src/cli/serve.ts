import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { InputError } from '../base/errors.ts';
import { packageFolder } from '../base/folders.node.ts';
import type { Surroundings } from './program/surroundings.ts';
import { pageServer } from './serve/server.ts';
import { print } from './terminal/terminal.ts';

function port(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > 65535)
    throw new InvalidArgumentError('It must be a whole number from 0 to 65535.');
  return value;
}

/** `outlast serve`. */
export function addServeCommand(command: Command, { terminal }: Surroundings): void {
  command
    .argument('[folder]', 'run of a study, whose report the pages then show and follow')
    .option('--port <number>', 'where to listen; 0 lets the system choose', port, 8000)
    .action(async (folder: string | undefined, flags: { readonly port: number }) => {
      if (folder !== undefined && !statSync(folder, { throwIfNoEntry: false })?.isDirectory())
        throw new InputError(`serve: ${folder} is no folder; it must be the run of a study, such as runs/quickstart`);
      const server = pageServer({ pages: builtPages(), run: folder ?? null });
      server.listen(flags.port, '127.0.0.1');
      await Promise.race([
        once(server, 'listening'),
        once(server, 'error').then(([error]) => refuse(error, flags.port)),
      ]);
      const { port: chosen } = server.address() as AddressInfo;
      print(terminal, `http://localhost:${chosen}/${folder === undefined ? '' : '#studies'}`);
      await ended();
      server.close();
      server.closeAllConnections();
    });
}

function refuse(error: NodeJS.ErrnoException, wished: number): never {
  if (error.code === 'EADDRINUSE')
    throw new InputError(`serve: port ${wished} is taken; name another by --port, or 0 for any that is free`);
  throw error;
}

/** Waits for the signal that ends the program. */
const ended = () =>
  new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });

/** The folder of the built pages, which a checkout builds where they are missing. @throws InputError where they cannot be */
function builtPages(): string {
  const folder = join(packageFolder(), 'dist/web');
  if (existsSync(join(folder, 'index.html'))) return folder;
  const script = join(packageFolder(), 'scripts/web.mjs');
  if (!existsSync(script))
    throw new InputError('serve: the pages are not in the package; in a checkout `npm run build:web` builds them');
  const { status, stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the pages cannot be built: ${stderr.trim()}`);
  return folder;
}
