/*
 * A process for run.test.ts to kill: runs the fake study in the folder given, and notes every trial that it begins.
 * Arguments: folder of the run, file of notes, milliseconds a trial.
 */
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseStudy } from '../../../src/analysis/study/file/parse.ts';
import { runStudy } from '../../../src/analysis/study/run/run.ts';
import { openRun } from '../../../src/analysis/study/store/store.node.ts';
import { fakeAdapter, fakeResult, fakeStudyText } from '../fakeTrials.ts';

async function main(): Promise<void> {
  const [folder, notes, milliseconds] = process.argv.slice(2);
  const parsed = parseStudy(fakeStudyText, 'fake.yaml');
  const store = await openRun(folder, parsed);
  await runStudy(parsed.study, {
    store,
    openMachine: async () => ({
      adapter: fakeAdapter,
      runTrial: async (trial, context) => {
        appendFileSync(notes, `${JSON.stringify(context.folder)}\n`);
        writeFileSync(join(context.folder, 'half.bin'), 'first half, ');
        await delay(Number(milliseconds));
        writeFileSync(join(context.folder, 'half.bin'), 'first half, second half');
        return fakeResult(trial);
      },
      close: () => {},
    }),
    onEvent: (event) => {
      if (event.type === 'failed') console.error(event.failed.message);
    },
  });
}

main().catch((error: unknown) => {
  console.error(String(error));
  process.exitCode = 1;
});
