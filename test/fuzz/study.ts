import { readdirSync, readFileSync } from 'node:fs';
import { parseStudy } from '../../src/analysis/study/file/parse.ts';
import type { FuzzTarget } from '../support/fuzz/target.ts';

/** Longer files take long to read, and hold nothing else. */
const MOST_SEED_BYTES = 1000;

/** Study files: the short ones that come with outlast. */
export const study: FuzzTarget = {
  seeds: async () =>
    readdirSync('studies')
      .filter((name) => name.endsWith('.yaml'))
      .sort()
      .map((name) => new Uint8Array(readFileSync(`studies/${name}`)))
      .filter(({ length }) => length <= MOST_SEED_BYTES),
  read: (bytes) => parseStudy(new TextDecoder().decode(bytes), 'study.yaml'),
  words: [
    'name: ',
    'data: ',
    'models: ',
    'training: ',
    'defences: ',
    'attacks: ',
    'seeds: ',
    'includes: ',
    'excludes: ',
  ].concat([
    'eps: [',
    'depth: ',
    'family: ',
    'survival: ',
    'budget: ',
    'limits: ',
    '!!binary ',
    '!!set',
    '<<: ',
    '? ',
    '| ',
    '---\n',
  ]),
};
