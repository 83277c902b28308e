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

/** The identity of a configuration: the first 24 hexadecimal digits of the SHA-256 of its canonical JSON. */
export async function identity(configuration: unknown): Promise<string> {
  const text = new TextEncoder().encode(canonicalJson(configuration));
  const digest = new Uint8Array(await globalThis.crypto.subtle.digest('SHA-256', text));
  return Array.from(digest.subarray(0, 12), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
