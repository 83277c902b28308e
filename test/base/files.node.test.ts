import { link, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InputError } from '../../src/base/errors.ts';
import { explainFileError, readBytes, readJson, writeFileAtomic, writeFilesAtomic } from '../../src/base/files.node.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outlast-files-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function rejection(promise: Promise<unknown>): Promise<Error> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(InputError);
  expect((error as Error).message).not.toContain('\n');
  return error as Error;
}

describe('writeFileAtomic', () => {
  it('writes text and bytes, replaces, and makes missing folders', async () => {
    const path = join(folder, 'a', 'b', 'file');
    await writeFileAtomic(path, 'text');
    expect(await readFile(path, 'utf8')).toBe('text');
    await writeFileAtomic(path, Uint8Array.of(0, 255));
    expect([...(await readFile(path))]).toEqual([0, 255]);
    expect(await readdir(join(folder, 'a', 'b'))).toEqual(['file']);
  });

  it('puts a new file in the place of the old one, and never writes to the old one', async () => {
    const path = join(folder, 'file');
    await writeFileAtomic(path, 'old content');
    await link(path, join(folder, 'second-name-of-the-old-file'));
    await writeFileAtomic(path, 'new');
    expect(await readFile(path, 'utf8')).toBe('new');
    expect(await readFile(join(folder, 'second-name-of-the-old-file'), 'utf8')).toBe('old content');
  });

  it('writes only the view, not the buffer behind it', async () => {
    const path = join(folder, 'view');
    await writeFileAtomic(path, Uint8Array.of(1, 2, 3, 4).subarray(1, 3));
    expect([...(await readFile(path))]).toEqual([2, 3]);
  });

  it('ends with one of the contents when written many times at once, with nothing left over', async () => {
    const path = join(folder, 'raced');
    const contents = Array.from({ length: 20 }, (_, i) => String(i).repeat(10_000));
    await Promise.all(contents.map((content) => writeFileAtomic(path, content)));
    expect(contents).toContain(await readFile(path, 'utf8'));
    expect(await readdir(folder)).toEqual(['raced']);
  });

  it('leaves nothing behind when it fails', async () => {
    await mkdir(join(folder, 'taken', 'inside'), { recursive: true });
    const error = await rejection(writeFileAtomic(join(folder, 'taken'), 'x'));
    expect(error.message).toBe(`cannot write ${join(folder, 'taken')}: it is a folder, not a file`);
    expect(await readdir(folder)).toEqual(['taken']);
  });

  it('writes no file of several where one is a folder', async () => {
    await mkdir(join(folder, 'second'));
    const paths = ['first', 'second', 'third'].map((name) => [join(folder, name), name] as const);
    const error = await rejection(writeFilesAtomic(paths));
    expect(error.message).toBe(`cannot write ${join(folder, 'second')}: it is a folder, not a file`);
    expect(await readdir(folder)).toEqual(['second']);
  });

  it('names a file in the way of a folder', async () => {
    await writeFile(join(folder, 'file'), '');
    const error = await rejection(writeFileAtomic(join(folder, 'file', 'below'), 'x'));
    expect(error.message).toMatch(/^cannot write .*below: a part of the path is a file, not a folder$/);
  });
});

describe('readBytes', () => {
  it('returns a plain array whose slice is a copy', async () => {
    await writeFile(join(folder, 'file'), Uint8Array.of(1, 2));
    const bytes = await readBytes(join(folder, 'file'));
    expect(bytes.constructor).toBe(Uint8Array);
    expect([...bytes]).toEqual([1, 2]);
  });

  it('names a missing file and a folder', async () => {
    const missing = await rejection(readBytes(join(folder, 'none')));
    expect(missing.message).toBe(`cannot read ${join(folder, 'none')}: no such file or folder`);
    const directory = await rejection(readBytes(folder));
    expect(directory.message).toBe(`cannot read ${folder}: it is a folder, not a file`);
  });
});

describe('readJson', () => {
  it('reads a value', async () => {
    await writeFile(join(folder, 'file'), '{"a": [1, null]}');
    expect(await readJson(join(folder, 'file'))).toEqual({ a: [1, null] });
  });

  it.each([
    ['cut short', '{"a": '],
    ['with a line break beside the mistake', '{\n"a": b\n}'],
    ['empty', ''],
  ])('refuses text that is %s', async (_, text) => {
    await writeFile(join(folder, 'file'), text);
    expect((await rejection(readJson(join(folder, 'file')))).message).toContain('file is not valid JSON: ');
  });

  it('refuses bytes that are not UTF-8', async () => {
    await writeFile(join(folder, 'file'), Uint8Array.of(0x22, 0xff, 0x22));
    expect((await rejection(readJson(join(folder, 'file')))).message).toMatch(/it is not UTF-8 text$/);
  });
});

describe('explainFileError', () => {
  it('leaves errors alone that are not about the path', () => {
    const full = Object.assign(new Error('disk'), { code: 'ENOSPC' });
    expect(explainFileError(full, 'write', 'x')).toBe(full);
    expect(explainFileError('text', 'read', 'x')).toBe('text');
  });
});
