import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../../../src/base/errors.ts';
import { readTar } from '../../../../src/models/data/sources/tar.ts';
import { type Entry, tar } from '../../../support/tarArchive.ts';

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytes = (content: string) => new TextEncoder().encode(content);

async function* inPieces(whole: Uint8Array, piece: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < whole.length; at += piece) yield whole.subarray(at, at + piece);
}

async function contentsOf(archive: Uint8Array, piece = 1000): Promise<[string, number, string][]> {
  const found: [string, number, string][] = [];
  for await (const { name, size, content } of readTar(inPieces(archive, piece), 'a.tar')) {
    let whole = '';
    for await (const part of content) whole += text(part);
    found.push([name, size, whole]);
  }
  return found;
}

const unpacked = (base64: string) => new Uint8Array(gunzipSync(Buffer.from(base64, 'base64')));

describe('readTar', () => {
  it('reads what GNU tar 1.34 writes', async () => {
    // tar --format=gnu --no-recursion: the folder, a.bin "hello", b.bin 600 times "x".
    const archive = unpacked(
      'H4sIAAAAAAACA+3UQQrCMBCF4TlKLqAmJtHzpEUxUBuIFTy+pRulhbpKRPy/zQwku8ebNp5D3lxjH3dSih4dvZ/maD6XuzHeWlFeKrjfhpCVkpzSsPbv0/uPal/5h20T+1L5H5xbyd/P8t87p0Vp8i/ucuq6JPhXb/1vvtR/Y6xe9t/Q/xoeQAFcVgAAAAAAAAAAAACo6wmAM1Z1ACgAAA==',
    );
    expect(await contentsOf(archive)).toEqual([
      ['cifar-mini/a.bin', 5, 'hello'],
      ['cifar-mini/b.bin', 600, 'x'.repeat(600)],
    ]);
  });

  it('reads what tarfile of Python 3.11 writes in USTAR_FORMAT: a long name comes in two parts', async () => {
    const archive = unpacked(
      'H4sIAAAAAAACA+3UMQ6DMAyFYR+lFwCCCOQ8IQU1EqUSbe+PxULbNVAJ8X+LLS+Wh+cQez9l9zjGwudtHGUHRjXWLlX9VlV/9DovTeOMXIz8wfv58pOul3O6dcPwEJxVl2C7/Fff+a9cbd3B858XYX2t1wT7nu/bQAgAAAAAAAAAAAAAAAAObAYycUc0ACgAAA==',
    );
    expect(await contentsOf(archive)).toEqual([
      ['cifar-mini/a.bin', 5, 'hello'],
      [`cifar-mini/${'d'.repeat(60)}/${'e'.repeat(60)}`, 3, 'abc'],
    ]);
  });

  it('passes over the extended headers of PAX_FORMAT, and refuses those that rename a file', async () => {
    // The same archive: a comment and a time of a.bin, then the whole of the long name.
    const archive = unpacked(
      'H4sIAAAAAAACA+3WMQ6CMBiG4c6cohew/QtF40Di6OgVKlRtQsEgJtzGi7h5MTUuaEIcDGjke5YSFobmzYeQQi5Wpllak9mK9YIeuk4i3Xq+v1cU0ozxhg3geKhNdfs8Gyc152npvS3qZFtdzpeTDVTEfe28TZSIAwZ/LXUbU028K5w0Yu2Kvvqfat3dP8Wv/U9nxDih/97tbJ6XyGC0xA/sfxhi/7+2/1rzval3iZCtKcg+IO0H8L8xeP/9X/v7/Y+e+48UxRr7PwSzThEBAAAAAAAAAAAAAADAH7kCQfsaOgAoAAA=',
    );
    const names: string[] = [];
    const read = async () => {
      for await (const { name } of readTar(inPieces(archive, 700), 'a.tar')) names.push(name);
    };
    await expect(read()).rejects.toThrow(
      new InputError('a.tar: refused: an extended header gives a file another name or size'),
    );
    expect(names).toEqual(['cifar-mini/a.bin']);
  });

  it('reads any files in pieces of any length', async () => {
    const files = fc.array(fc.uint8Array({ maxLength: 1500 }), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(files, fc.integer({ min: 1, max: 2000 }), async (contents, piece) => {
        const entries = contents.map((content, i) => ({ name: `d/${i}`, content }));
        const found: Uint8Array[] = [];
        for await (const { content } of readTar(inPieces(tar(entries), piece), 'a.tar')) {
          const parts: number[] = [];
          for await (const part of content) parts.push(...part);
          found.push(Uint8Array.from(parts));
        }
        expect(found).toEqual(contents);
      }),
      { numRuns: 50 },
    );
  });

  it('passes over what a reader leaves of a file', async () => {
    const archive = tar([
      { name: 'a', content: bytes('x'.repeat(2000)) },
      { name: 'folder', type: '5' },
      { name: 'b', content: bytes('y') },
    ]);
    const names: string[] = [];
    for await (const { name, content } of readTar(inPieces(archive, 100), 'a.tar')) {
      names.push(name);
      for await (const _ of content) break;
    }
    expect(names).toEqual(['a', 'b']);
  });

  it.each<[string, Entry]>([
    ['a way up', { name: '../evil' }],
    ['a way up in the middle', { name: 'a/../../evil' }],
    ['a way up in the prefix', { name: 'evil', prefix: '..' }],
    ['an absolute path', { name: '/etc/passwd' }],
    ['a drive', { name: 'C:evil' }],
    ['backslashes', { name: 'a\\..\\..\\evil' }],
    ['a control character', { name: 'a\nb' }],
    ['a folder on the way up', { name: '../', type: '5' }],
  ])('refuses %s in a name', async (_, entry) => {
    const printed = entry.name.replace('\n', '?');
    await expect(contentsOf(tar([entry]))).rejects.toThrow(InputError);
    await expect(contentsOf(tar([entry]))).rejects.toThrow(/^a\.tar: refused: "[^\n]*" leads outside of the archive/);
    await expect(contentsOf(tar([entry]))).rejects.toThrow(printed);
  });

  it.each(['1', '2', '3', '6', 'L'])('refuses what is neither file nor folder: type %s', async (type) => {
    await expect(contentsOf(tar([{ name: 'link', type }]))).rejects.toThrow(
      new InputError(`a.tar: "link" is neither file nor folder (type ${type})`),
    );
  });

  it('refuses an archive that ends anywhere before its end', async () => {
    const archive = tar([{ name: 'a', content: bytes('hello') }]);
    for (const length of [0, 1, 511, 512, 514, 1023, 1024, 1500])
      await expect(contentsOf(archive.subarray(0, length))).rejects.toThrow(
        new InputError('a.tar: truncated: the tar archive ends in the middle'),
      );
    expect(await contentsOf(archive.subarray(0, 1536))).toHaveLength(1);
  });

  it('refuses a length that lies, a wrong checksum and what is no archive', async () => {
    const before = process.memoryUsage().arrayBuffers;
    const lying = tar([{ name: 'a', content: bytes('hello'), size: 8 ** 10 }]);
    await expect(contentsOf(lying)).rejects.toThrow('a.tar: truncated');
    // Nothing is made for the 1 GiB that it announces.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20);
    const damaged = tar([{ name: 'a' }]).with(3, 1);
    await expect(contentsOf(damaged)).rejects.toThrow("a.tar: not a tar archive, or damaged: a header's checksum");
    await expect(contentsOf(bytes('<html>'.repeat(200)))).rejects.toThrow('a.tar: not a tar archive, or damaged');
  });

  it('closes its source when the reader stops', async () => {
    let closed = false;
    async function* source() {
      try {
        yield tar([{ name: 'a', content: bytes('hello') }]);
      } finally {
        closed = true;
      }
    }
    for await (const _ of readTar(source(), 'a.tar')) break;
    expect(closed).toBe(true);
  });
});
