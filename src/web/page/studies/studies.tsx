import { useEffect, useState } from 'preact/hooks';
import type { Report } from '../../../analysis/report/index.ts';
import { FileDrop } from '../fields/fileDrop.tsx';
import { FailedTrials } from './failedTrials.tsx';
import { reportFrom } from './reportFile.ts';
import { followServed, type RunState } from './servedRun.ts';
import { StudyAttacks } from './studyAttacks.tsx';
import type { StudyComparison } from './studyComparison.tsx';
import { StudyCurves } from './studyCurves.tsx';
import { StudyTrash } from './studyTrash.tsx';

/** Opens the report of a run: a file of the visitor's, or the run that the server follows. */
export function StudiesPage() {
  // Apart, so that news of the run that is served never takes away what the visitor's file says.
  const [opened, setOpened] = useState<Opened>();
  const [followed, setFollowed] = useState<Opened>();
  const [served, setServed] = useState<RunState>();
  const [compared, setCompared] = useState<Opened & { readonly View: typeof StudyComparison }>();
  const shown = opened ?? followed;

  useEffect(
    () =>
      followServed(async (state) => {
        setServed(state);
        if (state.report !== null)
          setFollowed(await open(async () => (await fetch('run/report.json')).text(), 'report.json of the run'));
      }),
    [],
  );
  return (
    <>
      <h2>Studies</h2>
      <p>
        Opens <code>report.json</code> of a run. It stays in this page.
      </p>
      <FileDrop
        label="A run's report.json; drop it here"
        accept=".json,application/json"
        onFile={async (file) => setOpened(await open(() => file.text(), file.name))}
      />
      <p role="status">{served && `The run that is served has ${served.trials} finished trials.`}</p>
      {served && <FailedTrials failed={served.failed} />}
      {opened && followed && (
        <button type="button" onClick={() => setOpened(undefined)}>
          Show the run that is served
        </button>
      )}
      <p role="alert">{shown?.problem ?? compared?.problem}</p>
      {shown?.report && (
        <FileDrop
          label="The report.json of another run, to compare with; drop it here"
          accept=".json,application/json"
          onFile={async (file) => {
            const { StudyComparison: View } = await import('./studyComparison.tsx');
            setCompared({ ...(await open(() => file.text(), file.name)), View });
          }}
        />
      )}
      {compared && (
        <p>
          <button type="button" onClick={() => setCompared(undefined)}>
            Compare no longer
          </button>
        </p>
      )}
      {shown?.report &&
        (compared?.report ? (
          <compared.View
            one={{ name: shown.name, report: shown.report }}
            other={{ name: compared.name, report: compared.report }}
          />
        ) : (
          <Study report={shown.report} />
        ))}
    </>
  );
}

/** A report that was read, or why it could not be. */
interface Opened {
  readonly name: string;
  readonly report?: Report;
  readonly problem?: string;
}

async function open(read: () => Promise<string>, name: string): Promise<Opened> {
  try {
    return { name, report: reportFrom(await read(), name) };
  } catch (error) {
    return { name, problem: error instanceof Error ? error.message : String(error) };
  }
}

function Study({ report }: { readonly report: Report }) {
  const { study, trials, adapter, finishedAt, samples, warnings } = report;
  return (
    <>
      <h3>{study}</h3>
      <p>
        {trials.finished} of {trials.planned} trials, {samples} images attacked in each, on {adapter.name}; the last
        trial ended {finishedAt}.
      </p>
      {warnings.length > 0 && (
        <section class="warnings" aria-label="Warnings">
          {warnings.map((warning) => (
            <p key={warning}>{warning}</p>
          ))}
        </section>
      )}
      <StudyTrash report={report} />
      <StudyCurves report={report} />
      <StudyAttacks report={report} />
    </>
  );
}
