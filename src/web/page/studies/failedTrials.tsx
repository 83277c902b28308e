import type { RunState } from './servedRun.ts';

/** The trials of a run that failed, by reason: what many fail by is said once. */
export function FailedTrials({ failed }: Pick<RunState, 'failed'>) {
  if (failed.length === 0) return null;
  const reasons = [...new Set(failed.map(({ message }) => message))];
  return (
    <section class="warnings" aria-label="Failed trials">
      <p>
        {failed.length} {failed.length === 1 ? 'trial' : 'trials'} failed; <code>outlast study retry</code> computes
        them again.
      </p>
      <ul>
        {reasons.map((reason) => {
          const ids = failed.filter(({ message }) => message === reason).map(({ id }) => id);
          return (
            <li key={reason}>
              {reason}{' '}
              <details>
                <summary>
                  {ids.length} {ids.length === 1 ? 'trial' : 'trials'}
                </summary>
                {ids.join(', ')}
              </details>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
