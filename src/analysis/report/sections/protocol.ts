import { robustnessChart } from '../charts/robustness.ts';
import type { OptimalityLine } from '../lines/optimality.ts';
import type { LocalOptimalityLine, ProtocolLine, ProtocolTarget } from '../lines/protocol.ts';
import { amount, count, fixed } from '../page/format.ts';
import { type Html, html, table } from '../page/html.ts';
import { normName, readable } from '../page/names.ts';
import type { Section } from '../page/page.ts';
import type { Report } from '../report.ts';
import { figure } from './figure.ts';

/** How near attacks come to the best of all, as AttackBench scores it; null of a study that is not run by its protocol. */
export function protocolSection({ protocol, seeds }: Report): Section | null {
  if (protocol.length === 0) return null;
  return {
    id: 'protocol',
    heading: "Attacks by AttackBench's protocol",
    body: html`<p>Each attack had ${count(protocol[0].passes)} passes for an image, forward and backward ones together, and what it came to is the smallest distance found within them (Cinà et al., arXiv 2404.19460).
Local optimality is 1 for an attack that is as near as the lower envelope, for every image the nearest of all attacks here, and 0 for one that breaks nothing as near; global optimality is its mean over models.
Both compare with the attacks of this study alone. Files that attackbenchlib reads lie in <code>attackbench/</code>.</p>
${protocol.map((line) => ofNorm(line, seeds.length > 1))}`,
  };
}

function ofNorm({ norm, targets, overall }: ProtocolLine, hasSeeds: boolean): Html {
  const name = normName(norm);
  return html`<h3>${name}</h3>
${overall.length === 0 || targets.length < 2 ? null : globalTable(overall, name)}
${targets.map((target) => ofTarget(target, name, hasSeeds))}`;
}

const globalTable = (lines: readonly OptimalityLine[], norm: string): Html =>
  table(
    `Global optimality in ${norm}`,
    [
      { heading: 'Attack', header: true, cell: ({ attack }: OptimalityLine) => readable(attack) },
      { heading: 'Mean over models', numeric: true, cell: ({ mean }) => fixed(mean, 3) },
      { heading: 'Standard deviation', numeric: true, cell: ({ deviation }) => fixed(deviation, 3) },
      { heading: 'Models', numeric: true, cell: ({ models }) => count(models) },
    ],
    lines,
  );

/** What stands where there is no number. */
const NONE = '–';

function ofTarget(target: ProtocolTarget, norm: string, hasSeeds: boolean): Html {
  const { model, defence, seed, images, misclassifiedBefore, attacks, curves } = target;
  const name = [model, ...(defence === 'none' ? [] : [readable(defence)]), ...(hasSeeds ? [`seed ${seed}`] : [])];
  const right = images - misclassifiedBefore;
  const numbers = table(
    `${name.join(', ')}: local optimality in ${norm}`,
    [
      { heading: 'Attack', header: true, cell: ({ attack }: LocalOptimalityLine) => readable(attack) },
      {
        heading: 'Optimality',
        numeric: true,
        cell: ({ optimality }) => (optimality === null ? NONE : fixed(optimality, 3)),
      },
      { heading: 'Broken', numeric: true, cell: ({ broken }) => `${count(broken)} of ${count(right)}` },
      {
        heading: 'Median distance',
        numeric: true,
        cell: ({ medianDistance }) => (medianDistance === null ? NONE : amount(medianDistance, 'distance')),
      },
      { heading: 'Forward passes', numeric: true, cell: ({ forwards }) => passText(forwards) },
      { heading: 'Backward passes', numeric: true, cell: ({ backwards }) => passText(backwards) },
    ],
    attacks,
  );
  if (curves.length === 0) return numbers;
  const lines = new Set(curves.map(({ attack }) => attack));
  return html`${numbers}
${figure(
  robustnessChart(curves, lines),
  html`<b>${name.join(', ')}</b>: share of images that no smaller change in ${norm} breaks${lines.size > 1 ? '; all attacks together are the lower envelope' : ''}.`,
  'protocol-curves.csv',
)}`;
}

const passText = (passes: number | null): string => (passes === null ? NONE : fixed(passes, 1));
