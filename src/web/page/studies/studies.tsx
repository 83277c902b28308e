import { useEffect, useState } from 'preact/hooks';
import type { Report } from '../../../analysis/report/index.ts';
import { FileDrop } from '../fields/fileDrop.tsx';
import { FailedTrials } from './failedTrials.tsx';
import { reportFrom } from './reportFile.ts';
import { followServed, type RunState } from './servedRun.ts';
import { StudyAttacks } from './studyAttacks.tsx';
import { StudyCurves } from './studyCurves.tsx';
import { StudyTrash } from './studyTrash.tsx';

/** Opens the report of a run: a file of the visitor's, or the run that the server follows. */
export function StudiesPage() {
  const [report, setReport] = useState<Report>();
  const [problem, setProblem] = useState('');
  const [served, setServed] = useState<RunState>();

  async function take(read: () => Promise<string>, name: string) {
    setProblem('');
    try {
      setReport(reportFrom(await read(), name));
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  }
  useEffect(
    () =>
      followServed((state) => {
        setServed(state);
        if (state.report !== null)
          void take(async () => (await fetch('run/report.json')).text(), 'report.json of the run');
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
        onFile={(file) => void take(() => file.text(), file.name)}
      />
      <p role="status">{served && `The run that is served has ${served.trials} finished trials.`}</p>
      {served && <FailedTrials failed={served.failed} />}
      <p role="alert">{problem}</p>
      {report && <Study report={report} />}
    </>
  );
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
