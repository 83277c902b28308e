import { Writable } from 'node:stream';

/** A terminal that keeps what is written to it. */
export function collectTerminal(isTTY = false) {
  const texts = { stdout: '', stderr: '' };
  const collect = (name: keyof typeof texts) =>
    new Writable({
      write: (chunk, _, done) => {
        texts[name] += String(chunk);
        done();
      },
    });
  return { texts, terminal: { stdout: collect('stdout'), stderr: Object.assign(collect('stderr'), { isTTY }) } };
}
