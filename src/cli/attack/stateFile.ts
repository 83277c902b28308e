import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { deserialize, serialize } from 'node:v8';
import { z } from 'zod';
import type { SavedAttack } from '../../analysis/robustness/index.ts';
import { InputError } from '../../base/errors.ts';
import { readBytes, writeFileAtomic } from '../../base/files.node.ts';
import { ShapeError } from '../../engine/index.ts';

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
  const saved = structureOf(body);
  if (!savedSchema.safeParse(saved).success) throw new InputError(`${path}: ${NO_STATE}`);
  const { identity: found, state } = saved as { identity: AttackIdentity; state: SavedAttack };
  const other = [...new Set([...Object.keys(identity), ...Object.keys(found)])].find(
    (name) => found[name] !== identity[name],
  );
  if (other !== undefined)
    throw new InputError(
      `${path}: the state of another attack: its ${other} is ${found[other] ?? 'not given'}, here it is ${identity[other] ?? 'not given'}`,
    );
  return state;
}

/** The value that a file holds; undefined where it holds none. */
function structureOf(body: Uint8Array): unknown {
  try {
    return deserialize(body);
  } catch {
    // Node says in many ways that bytes are no structured clone.
    return undefined;
  }
}

/** What is said of a file that no attack wrote, though its sum is right. */
const NO_STATE = 'holds no state of an attack; remove it to begin the attack again';

const amount = z.number().nonnegative();
const usage = { seconds: amount, queries: amount, gradients: amount, flops: amount };

/** The parts of a state that all attacks share; what a method holds besides, it alone knows. */
const savedSchema = z.object({
  identity: z.record(z.string(), z.union([z.string(), z.number(), z.undefined()])),
  state: z.object({
    finished: z.array(
      z.looseObject({
        sample: z.int().nonnegative(),
        label: z.int().nonnegative(),
        misclassifiedBefore: z.boolean(),
        success: z.boolean(),
        successAfterRounding: z.boolean(),
        firstStep: z.int().nullable(),
        cost: z.looseObject(usage),
        distances: z.looseObject({ l0: amount, l1: amount, l2: amount, linf: amount }),
      }),
    ),
    images: z.instanceof(Float32Array),
    found: z.looseObject({ zero: amount, notFinite: amount, lost: amount }),
    batch: z
      .looseObject({
        step: z.int().nonnegative(),
        ledger: z.looseObject({
          active: z.array(z.boolean()),
          firstStep: z.array(z.int().nullable()),
          costs: z.array(z.looseObject(usage)),
        }),
        signs: z.object({ zero: z.instanceof(Set), notFinite: z.instanceof(Set) }),
      })
      .nullable(),
  }),
});

/**
 * Goes on with an attack from a file, where there is one. A method's state that is not as the method left it shows only when it is used.
 * @throws InputError that names the file, in place of a program's error that such a state leads to
 */
export async function goingOn<T>(path: string | undefined, run: () => Promise<T>): Promise<T> {
  if (path === undefined) return run();
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError || error instanceof ShapeError)) throw error;
    throw new InputError(`${path}: ${NO_STATE} (${error.message.replace(/\s+/g, ' ')})`);
  }
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
