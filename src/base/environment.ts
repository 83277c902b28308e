import { InputError } from './errors.ts';

/** A variable of the environment that a user may set. */
export interface EnvironmentVariable {
  readonly name: string;
  /** What may stand in it. */
  readonly value: string;
  readonly meaning: string;
}

/** All of them: `outlast --help` and docs/commands.md are made from this list. */
export const ENVIRONMENT: readonly EnvironmentVariable[] = [
  {
    name: 'OUTLAST_DEBUG',
    value: '0 to 4; 0 unless set',
    meaning:
      'from 1 on, on standard error: the plan of each executable, stacks of errors, and all that Dawn tells; ' +
      'from 2 on what each pass over a graph comes to; from 3 on graphs as text, after each pass; 4: the WGSL that is compiled',
  },
  {
    name: 'OUTLAST_WAIT_LIMIT',
    value: 'seconds; 300 unless set',
    meaning: 'how long to wait for a kernel before it counts as endless',
  },
  {
    name: 'OUTLAST_PYTHON',
    value: 'program; python3 unless set',
    meaning: 'Python of `outlast bench attacks`, as --python',
  },
  {
    name: 'VK_DRIVER_FILES',
    value: "paths of the Vulkan loader's manifests",
    meaning: 'the Vulkan driver to use, in place of the one that set-up found; VK_ICD_FILENAMES is the older name',
  },
  {
    name: 'XDG_RUNTIME_DIR',
    value: 'folder',
    meaning: 'where Mesa keeps its sockets; one of its own unless set',
  },
  {
    name: 'XDG_CACHE_HOME',
    value: 'folder; ~/.cache unless set',
    meaning: 'where set-up and tests keep what they fetch, and an installed outlast its measurements and data sets',
  },
  {
    name: 'CHROMIUM',
    value: 'program',
    meaning: 'the Chromium of `outlast bench report`, in place of the one that is found',
  },
];

/** Variables as `process.env` gives them. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** What the variables say to the engine. */
export interface Settings {
  /** 0 silent, from 1 on plans, from 2 on passes, from 3 on graphs, 4 WGSL. */
  readonly debug: number;
  /** Seconds after which a wait for the GPU is given up. */
  readonly waitLimitSeconds: number;
}

/**
 * Reads the variables that are numbers. An empty one is as good as none.
 * @throws InputError one that is no such number
 */
export function settingsOf({ OUTLAST_DEBUG, OUTLAST_WAIT_LIMIT }: Variables): Settings {
  const debug = Number(OUTLAST_DEBUG || 0);
  if (!Number.isInteger(debug) || debug < 0 || debug > 4)
    throw new InputError(`OUTLAST_DEBUG is "${OUTLAST_DEBUG}"; it must be a whole number from 0 to 4`);
  const waitLimitSeconds = Number(OUTLAST_WAIT_LIMIT || 300);
  // setTimeout takes no more milliseconds than these.
  if (!(waitLimitSeconds > 0 && waitLimitSeconds * 1000 < 2 ** 31))
    throw new InputError(
      `OUTLAST_WAIT_LIMIT is "${OUTLAST_WAIT_LIMIT}"; it must be a number of seconds above 0, and below 2147483`,
    );
  return { debug, waitLimitSeconds };
}
