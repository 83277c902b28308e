import { modelIdentity } from './storedModel.ts';
import type { TrainTrial, Trial } from './trial.ts';

/**
 * A value as JSON text that depends on its content only: keys sorted, no white space, -0 as 0.
 * @throws TypeError for what JSON cannot say (undefined, functions, NaN, infinities)
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object') {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`;
  }
  throw new TypeError(`${String(value)} has no canonical JSON`);
}

/**
 * A function that gives values of equal content (as `canonicalJson` compares) the same short key. It remembers objects that it has seen, so
 * that none of them may change: the trials of a large study share most of what they hold.
 */
export function contentKeys(): (value: unknown) => string {
  const seen = new WeakMap<object, string>();
  const keys = new Map<string, string>();
  const keyOf = (value: unknown): string => {
    if (typeof value !== 'object' || value === null) return canonicalJson(value);
    let key = seen.get(value);
    if (key === undefined) {
      const text = Array.isArray(value) ? `[${value.map(keyOf)}]` : `{${entriesOf(value)}}`;
      key = keys.get(text) ?? `#${keys.size}`;
      keys.set(text, key);
      seen.set(value, key);
    }
    return key;
  };
  const entriesOf = (value: object) =>
    Object.keys(value)
      .sort()
      .map((name) => `${JSON.stringify(name)}:${keyOf(value[name as keyof typeof value])}`);
  return keyOf;
}

/**
 * What identifies a trial, as JSON text: all but where files of models are, what their training cost, and whether an attack is a control.
 */
export function trialText(trial: Trial): string {
  const training = (train: TrainTrial) => ({ ...train, model: modelIdentity(train.model) });
  if (trial.kind === 'train') return canonicalJson(training(trial));
  const { control: _, ...attack } = trial;
  return canonicalJson({ ...attack, train: training(trial.train) });
}

/** The identity of a trial. */
export const trialIdentity = (trial: Trial): Promise<string> => digestOf(trialText(trial));

/** The identity of a configuration: the first 24 hexadecimal digits of the SHA-256 of its canonical JSON. */
export const identity = (configuration: unknown): Promise<string> => digestOf(canonicalJson(configuration));

async function digestOf(text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  const digest = new Uint8Array(await globalThis.crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest.subarray(0, 12), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
