/** Tar archives for tests, written field by field as POSIX.1-1988 describes them. */
export interface Entry {
  readonly name: string;
  readonly content?: Uint8Array;
  /** '0' a file, '5' a folder, '1' and '2' links. */
  readonly type?: string;
  readonly prefix?: string;
  /** What the header says, right or wrong. */
  readonly size?: number;
}

const roundUp = (bytes: number) => Math.ceil(bytes / 512) * 512;

function header({ name, content, type = '0', prefix = '', size = content?.length ?? 0 }: Entry): Uint8Array {
  const block = new Uint8Array(512);
  const put = (text: string, at: number) => block.set(new TextEncoder().encode(text), at);
  put(name, 0);
  put('0000644\0', 100);
  put(`${size.toString(8).padStart(11, '0')}\0`, 124);
  put('00000000000\0', 136);
  put(type, 156);
  put('ustar\x0000', 257);
  put(prefix, 345);
  put('        ', 148);
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

/** An archive of these entries, in their order. */
export function tar(entries: readonly Entry[]): Uint8Array {
  const parts = entries.flatMap((entry) => {
    const content = new Uint8Array(roundUp(entry.content?.length ?? 0));
    content.set(entry.content ?? []);
    return [header(entry), content];
  });
  return Uint8Array.from([...parts, new Uint8Array(1024)].flatMap((part) => [...part]));
}
