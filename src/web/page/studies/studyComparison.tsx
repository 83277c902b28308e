import { useMemo } from 'preact/hooks';
import { compareReports, type Report, type ReportComparison } from '../../../analysis/report/index.ts';
import { ScrollTable } from '../tables/scrollTable.tsx';
import { ComparedAttacks } from './comparedAttacks.tsx';
import { ComparedCurves } from './comparedCurves.tsx';
import { ComparedTrash } from './comparedTrash.tsx';

/** A report that is compared, and where it comes from. */
export interface NamedReport {
  readonly name: string;
  readonly report: Report;
}

/** Two reports side by side: A is what was open, B what it is compared with. */
export function StudyComparison({ one, other }: { readonly one: NamedReport; readonly other: NamedReport }) {
  const comparison = useMemo(() => compareReports(one.report, other.report), [one.report, other.report]);
  return (
    <>
      <h3>Two runs compared</h3>
      <dl>
        {Object.entries({ A: one, B: other }).map(([letter, { name, report }]) => (
          <div key={letter}>
            <dt>{letter}</dt>
            <dd>
              {report.study} ({name}): {report.trials.finished} of {report.trials.planned} trials, {report.samples}{' '}
              images attacked in each
            </dd>
          </div>
        ))}
      </dl>
      <Design comparison={comparison} one={one.report} other={other.report} />
      <ComparedTrash comparison={comparison} />
      <ComparedCurves comparison={comparison} />
      <ComparedAttacks comparison={comparison} />
    </>
  );
}

interface DesignProps {
  readonly comparison: ReportComparison;
  readonly one: Report;
  readonly other: Report;
}

/** What the studies differ in: figures that differ may differ by it. */
function Design({ comparison: { design, clock }, one, other }: DesignProps) {
  const machines = design.some(({ what }) => what === 'adapter');
  return (
    <>
      {clock === null && (
        <p class="warnings">
          A counts costs in {one.survival.clock}, B in {other.survival.clock}: their TRASH and their survival are shown,
          and not compared. Accuracies are.
        </p>
      )}
      {clock === 'seconds' && machines && (
        <p class="warnings">
          The runs are of two machines: seconds, and TRASH by them, may differ because of that alone. Queries and
          operations do not depend on the machine.
        </p>
      )}
      {design.length === 0 ? (
        <p>Both studies ask the same, and ran on the same adapter with the same version of outlast.</p>
      ) : (
        <ScrollTable
          label="What the studies differ in"
          caption="What the studies differ in: figures that differ may differ by it"
          titles={['In the study file', 'A', 'B']}
          tall
        >
          {design.map(({ what, values }) => (
            <tr key={what}>
              <th scope="row">{what}</th>
              <td>{values[0]}</td>
              <td>{values[1]}</td>
            </tr>
          ))}
        </ScrollTable>
      )}
    </>
  );
}
