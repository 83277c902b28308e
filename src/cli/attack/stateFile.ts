import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { deserialize, serialize } from 'node:v8';
import type { SavedAttack } from '../../analysis/robustness/index.ts';
import { InputError } from '../../base/errors.ts';
import { readBytes, writeFileAtomic } from '../../base/files.node.ts';

/** All that decides an attack's course, by the names that a message can use. */
export type AttackIdentity = Readonly<Record<string, string | number | undefined>>;

/** An attack's state in a file: the beginning, a SHA-256 of what follows, then identity and state as structured clones. */
const BEGINNING = 'outlast attack state 1 ';
const DIGITS = 64;

/** Milliseconds from one writing to the next: little is lost, and little time is spent on it. */
const INTERVAL = 5000;

export const digest = (...parts: readonly Uint8Array[]): string => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** @throws InputError when the file is no such state, is damaged, or is of another attack */
export async function readState(path: string, identity: AttackIdentity): Promise<SavedAttack | undefined> {
  if (!existsSync(path)) return undefined;
  const bytes = await readBytes(path);
  const start = BEGINNING.length + DIGITS;
  const beginning = new TextDecoder().decode(bytes.subarray(0, start));
  if (!beginning.startsWith(BEGINNING))
    throw new InputError(
      `${path}: not the state of an attack that this version of outlast saved; give another --state`,
    );
  const body = bytes.subarray(start);
  if (digest(body) !== beginning.slice(BEGINNING.length))
    throw new InputError(`${path}: damaged; remove it to begin the attack anew`);
  const { identity: found, state } = deserialize(body) as { identity: AttackIdentity; state: SavedAttack };
  const other = [...new Set([...Object.keys(identity), ...Object.keys(found)])].find(
    (name) => found[name] !== identity[name],
  );
  if (other !== undefined)
    throw new InputError(
      `${path}: the state of another attack: its ${other} is ${found[other] ?? 'not given'}, here it is ${identity[other] ?? 'not given'}`,
    );
  return state;
}

/** What an attack's `onSave` is to do: to write the state now and then. */
export function stateWriter(path: string, identity: AttackIdentity, interval = INTERVAL) {
  let latest = performance.now();
  return async (take: () => Promise<SavedAttack>): Promise<void> => {
    if (performance.now() - latest < interval) return;
    const body = serialize({ identity, state: await take() });
    await writeFileAtomic(path, Buffer.concat([bytesOf(`${BEGINNING}${digest(body)}`), body]));
    latest = performance.now();
  };
}

/** An attack that has ended is not gone on with. */
export const removeState = (path: string): Promise<void> => rm(path, { force: true });
