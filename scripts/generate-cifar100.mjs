/*
 * Writes files in the binary format of CIFAR-100 with images that a program made, to try the path from files to report where the data
 * set itself cannot be had: node scripts/generate-cifar100.mjs FOLDER [training images] [test images]
 *
 * Each of the 100 classes is a pattern of three waves in each colour; each image is its class's pattern, moved by up to two pixels, with
 * noise. The same numbers give the same bytes. FOLDER/GENERATED.txt says what they are: a study must name them `generated: true`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const CLASSES = 100;
const COARSE_CLASSES = 20;
const SIDE = 32;
const CHANNELS = 3;
const WAVES = 3;
const FARTHEST = 2;

/**
 * Uniform numbers in [0, 1) from a seed (mulberry32).
 * @param {number} seed
 */
function uniforms(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * The waves of a class, for each channel: cycles along x and y, and phase.
 * @param {number} label
 */
function patternOf(label) {
  const uniform = uniforms(1000 + label);
  return Array.from({ length: CHANNELS }, () =>
    Array.from({ length: WAVES }, () => [Math.round(6 * uniform() - 3), Math.round(6 * uniform() - 3), uniform()]),
  );
}

const patterns = Array.from({ length: CLASSES }, (_, label) => patternOf(label));

/**
 * `count` records: coarse label, fine label, and the bytes of each channel, row by row.
 * @param {number} count
 * @param {number} seed
 */
function recordsOf(count, seed) {
  const uniform = uniforms(seed);
  const bytes = new Uint8Array(count * (2 + CHANNELS * SIDE * SIDE));
  let at = 0;
  for (let image = 0; image < count; image++) {
    const label = image % CLASSES;
    bytes[at++] = label % COARSE_CLASSES;
    bytes[at++] = label;
    const [right, down] = [0, 1].map(() => Math.round((2 * uniform() - 1) * FARTHEST));
    for (const waves of patterns[label])
      for (let y = 0; y < SIDE; y++)
        for (let x = 0; x < SIDE; x++) {
          const height = waves.reduce((sum, [cyclesX, cyclesY, phase]) => {
            const turns = (cyclesX * (x + right) + cyclesY * (y + down)) / SIDE + phase;
            return sum + Math.sin(2 * Math.PI * turns) / WAVES;
          }, 0);
          const noise = uniform() + uniform() - 1;
          bytes[at++] = Math.max(0, Math.min(255, Math.round(128 + 90 * height + 40 * noise)));
        }
  }
  return bytes;
}

const [folder, train = '5000', test = '1000'] = process.argv.slice(2);
const counts = [train, test].map(Number);
if (folder === undefined || !counts.every((count) => Number.isInteger(count) && count >= CLASSES)) {
  process.stderr.write(
    `usage: node scripts/generate-cifar100.mjs FOLDER [training images] [test images], at least ${CLASSES} of each\n`,
  );
  process.exit(2);
}
mkdirSync(folder, { recursive: true });
writeFileSync(
  join(folder, 'GENERATED.txt'),
  'Made by scripts/generate-cifar100.mjs in the format of CIFAR-100: these are not its images.\n',
);
writeFileSync(join(folder, 'train.bin'), recordsOf(counts[0], 1));
writeFileSync(join(folder, 'test.bin'), recordsOf(counts[1], 2));
process.stdout.write(`${folder}: ${counts[0]} training and ${counts[1]} test images\n`);
