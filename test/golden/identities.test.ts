import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseStudy } from '../../src/analysis/study/file/parse.ts';
import { expand } from '../../src/analysis/study/trial/expand.ts';
import { identity } from '../../src/analysis/study/trial/identity.ts';

/** Kept trials are found by their identities: a change that is not meant makes every study run again. */
const MOST = 50;

test('trials are known by the identities that they always had', async () => {
  const files = readdirSync('studies').filter((name) => name.endsWith('.yaml'));
  const lines: string[] = [];
  for (const file of files.sort()) {
    const all = expand(parseStudy(readFileSync(`studies/${file}`, 'utf8'), file).study);
    const trials = all.filter((trial) => trial.kind === 'train' || trial.control !== true);
    const apart = Math.max(1, Math.ceil((trials.length * files.length) / MOST));
    for (let at = 0; at < trials.length; at += apart) lines.push(`${file} ${at} ${await identity(trials[at])}`);
  }
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('../fixtures/golden/identities.txt');
});
