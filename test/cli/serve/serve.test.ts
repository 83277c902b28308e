import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { bundleProgram } from '../../support/bundleProgram.ts';

let scratch: string;

beforeAll(async () => {
  // Beside the packages, so that the program finds them.
  scratch = mkdtempSync(join(resolve('node_modules'), '.serve-'));
  // The program takes the folder above its own for the package's, and the pages from there.
  mkdirSync(join(scratch, 'dist/web'), { recursive: true });
  mkdirSync(join(scratch, 'run/trials'), { recursive: true });
  writeFileSync(join(scratch, 'package.json'), '{ "name": "outlast", "version": "0.0.0" }');
  writeFileSync(join(scratch, 'dist/web/index.html'), '<meta http-equiv="Content-Security-Policy" content="a">');
  await bundleProgram('src/cli/main.ts', join(scratch, 'dist/outlast.mjs'));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** The first bytes that a stream gives. */
const first = (stream: NodeJS.ReadableStream | null) =>
  new Promise<string>((done) => stream?.once('data', (data) => done(String(data))));

/** Follows the run as a page does. @returns when the connection has ended */
async function follow(address: URL): Promise<{ readonly ended: Promise<void> }> {
  return new Promise((done, failed) => {
    const request = get(new URL('run/events', address), (response) => {
      const ended = new Promise<void>((closed) => {
        response.on('error', () => {});
        response.on('close', closed);
      });
      response.once('data', () => done({ ended }));
    });
    request.on('error', failed);
  });
}

test.each(['SIGINT', 'SIGTERM'] as const)('%s ends it while pages follow the run', async (signal) => {
  const words = ['serve', join(scratch, 'run'), '--port', '0'];
  const child: ChildProcess = spawn(process.execPath, [join(scratch, 'dist/outlast.mjs'), ...words]);
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = new Promise<unknown>((done) => child.on('close', (code, by) => done({ code, by })));
  const address = new URL((await first(child.stdout)).trim());
  const followers = [await follow(address), await follow(address)];
  child.kill(signal);
  expect(await ended).toEqual({ code: 0, by: null });
  await Promise.all(followers.map((follower) => follower.ended));
});
