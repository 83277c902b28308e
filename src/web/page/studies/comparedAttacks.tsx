import { type AttackPair, type ReportComparison, signedPoints } from '../../../analysis/report/index.ts';
import { typeset } from '../../../base/notation.ts';
import { PageButtons, usePages } from '../tables/pages.tsx';
import { ScrollTable } from '../tables/scrollTable.tsx';

const NUMBERS = ['ε', 'A', 'B', 'B − A'];

const accuracyText = (line: AttackPair['lines'][number]) =>
  line === null ? '–' : typeset.percent(line.robustAccuracy);

/** Accuracy after every attack in both reports, and the difference of the two. */
export function ComparedAttacks({ comparison: { attacks } }: { readonly comparison: ReportComparison }) {
  const pages = usePages(attacks);
  const both = attacks.filter(({ lines }) => lines[0] !== null && lines[1] !== null).length;
  const [onlyA, onlyB] = [0, 1].map((k) => attacks.filter(({ lines }) => lines[1 - k] === null).length);
  return (
    <>
      <h3>Attacks</h3>
      <p role="status">
        {both} attacks are in both runs, {onlyA} only in A, {onlyB} only in B. Shown is the share of images that are
        right after the attack; differences have 95 % limits (Newcombe), images of A and B counting as different ones.
      </p>
      <PageButtons pages={pages} />
      <ScrollTable
        label="Attacks of both runs as a table"
        titles={['Model', 'Defence', 'Attack', ...NUMBERS]}
        numbers={NUMBERS}
        tall
      >
        {pages.shown.map(({ lines, difference }, index) => {
          const { model, defence, attack, eps } = (lines[0] ?? lines[1])!;
          return (
            <tr key={index}>
              <th scope="row">{model}</th>
              <td>{defence}</td>
              <td>{attack}</td>
              <td class="number">{typeset.number(eps)}</td>
              <td class="number">{accuracyText(lines[0])}</td>
              <td class="number">{accuracyText(lines[1])}</td>
              <td class="number">{difference === null ? '–' : signedPoints(difference)}</td>
            </tr>
          );
        })}
      </ScrollTable>
    </>
  );
}
