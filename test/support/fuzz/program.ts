/**
 * Fuzzes a reader in a process of its own: `program READER CASES SEED FOLDER`. The reader runs in a thread whose every case lies in memory
 * that both share, so that one that never ends, or that takes all memory, is known. Findings are written to FOLDER.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { readers } from '../../fuzz/readers.ts';
import { Coverage } from './coverage.ts';
import { type Finding, fuzz, MOST_RESIDENT_BYTES, MOST_SECONDS } from './fuzz.ts';
import { MOST_BYTES } from './mutate.ts';

/** What the thread says. */
type Message =
  | { readonly type: 'finding'; readonly finding: Finding }
  | { readonly type: 'done'; readonly cases: number; readonly taken: number; readonly kept: number };

/** Findings after which there is enough to mend. */
const MOST_FINDINGS = 20;

/** The case at work: its number, its length, its bytes. Seeds may be longer than what is mutated. */
interface Shared {
  readonly counts: Int32Array;
  readonly bytes: Uint8Array;
}

const sharedOf = (memory: SharedArrayBuffer): Shared => ({
  counts: new Int32Array(memory, 0, 2),
  bytes: new Uint8Array(memory, 8),
});

async function work(name: string, cases: number, seed: number, memory: SharedArrayBuffer): Promise<void> {
  const { counts, bytes } = sharedOf(memory);
  const say = (message: Message) => parentPort?.postMessage(message);
  let current: Uint8Array = new Uint8Array();
  const onFinding = (finding: Finding) => say({ type: 'finding', finding });
  process.on('unhandledRejection', (error) => onFinding({ file: current, what: `unhandled rejection: ${error}` }));
  const coverage = new Coverage();
  let resident = 0;
  const onCase = (file: Uint8Array) => {
    const peak = 1024 * process.resourceUsage().maxRSS;
    if (peak > MOST_RESIDENT_BYTES && resident <= MOST_RESIDENT_BYTES)
      onFinding({ file: current, what: `the process has ${Math.round(peak / 1e6)} MB` });
    resident = peak;
    current = file;
    bytes.set(file);
    counts[1] = file.length;
    Atomics.add(counts, 0, 1);
  };
  const target = await readers[name]();
  const { taken, kept } = await fuzz(target, { cases, seed, coverage, onCase, onFinding });
  say({ type: 'done', cases, taken, kept: kept.length });
}

function watch(name: string, cases: number, seed: number, folder: string): void {
  const memory = new SharedArrayBuffer(8 + 16 * MOST_BYTES);
  const { counts, bytes } = sharedOf(memory);
  const found = new Set<string>();
  const tell = ({ file, what }: Finding) => {
    // One mechanism, one finding: where it was thrown, without the numbers of a message.
    const kind = what.replace(/\d+/g, '#').slice(0, 160);
    if (found.has(kind)) return;
    found.add(kind);
    const path = join(folder, `${name}-${createHash('sha256').update(file).digest('hex').slice(0, 12)}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(path, file);
    console.log(`${name}: ${what} (${path})`);
    if (found.size >= MOST_FINDINGS) finish();
  };
  const current = () => bytes.slice(0, counts[1]);
  const finish = () => {
    console.log(
      `${name}: ${counts[0]} cases, ${found.size} findings, ${Math.round(process.resourceUsage().maxRSS / 1000)} MB at most`,
    );
    process.exit(found.size > 0 ? 1 : 0);
  };
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { name, cases, seed, memory },
    resourceLimits: { maxOldGenerationSizeMb: MOST_RESIDENT_BYTES / 2 ** 20 },
  });
  worker.on('message', (message: Message) => {
    if (message.type === 'finding') return tell(message.finding);
    console.log(`${name}: ${message.taken} cases taken, ${message.kept} files kept`);
    finish();
  });
  worker.on('error', (error) => {
    tell({ file: current(), what: `the thread ended: ${error.stack ?? error}`.replace(/\s*\n\s*/g, ' | ') });
    finish();
  });
  let last = { number: 0, processor: 0 };
  setInterval(() => {
    const { user, system } = process.cpuUsage();
    const processor = (user + system) / 1e6;
    if (counts[0] === 0 || counts[0] !== last.number) last = { number: counts[0], processor };
    // Twice the bound: a case that ends late tells so itself.
    else if (processor - last.processor > 2 * MOST_SECONDS) {
      tell({ file: current(), what: 'does not end' });
      finish();
    }
  }, 500);
}

if (isMainThread) {
  const [name, cases, seed, folder] = process.argv.slice(2);
  watch(name, Number(cases), Number(seed), folder);
} else {
  const { name, cases, seed, memory } = workerData;
  await work(name, cases, seed, memory);
}
