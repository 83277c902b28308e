import type { MaskingDiagnostic } from '../../robustness/index.ts';
import type { ControlLine, Share } from '../evidence/control.ts';
import { count, parameter, percent, pValue } from '../page/format.ts';
import { type Html, html, table } from '../page/html.ts';
import { normName, readable } from '../page/names.ts';
import type { Section } from '../page/page.ts';
import type { Report } from '../report.ts';
import { seedColumn } from './provenance.ts';

/** A table of more comparisons than these is no reading; the file holds them. */
const MOST_LINES = 60;

/** How the attacks themselves were checked: against random noise, and for signs of masked gradients. Null where nothing was attacked. */
export function checksSection({ attacks, controls, masking, seeds }: Report): Section | null {
  if (attacks.length === 0) return null;
  return {
    id: 'checks',
    heading: 'Checks of the attacks',
    body: html`<h3>Against random noise</h3>
${controls.length === 0 ? html`<p>No attack was compared with random noise of its strength.</p>` : againstNoise(controls, attacks.length, seeds)}
<h3>Signs of masked gradients</h3>
<p>An attack that is misled by useless gradients leaves images that others break. None of these signs proves it, and none is proof against it.</p>
${maskingTable(masking)}`,
  };
}

const READINGS: Readonly<Record<ControlLine['reading'], string>> = {
  better: 'better than noise',
  undecided: 'undecided',
  'no better': 'no better than noise',
  'nothing left': 'noise breaks all',
};

const limited = ({ value, lower, upper }: Share) => `${percent(value)} (${percent(lower)} to ${percent(upper)})`;

function againstNoise(controls: readonly ControlLine[], attacks: number, seeds: readonly number[]): Html {
  const kinds = Object.entries(READINGS).map(([reading, words]) => ({
    words,
    number: controls.filter((line) => line.reading === reading).length,
  }));
  const counts = kinds.filter(({ number }) => number > 0).map(({ words, number }) => `${count(number)} ${words}`);
  const without =
    attacks > controls.length
      ? ` ${count(attacks - controls.length)} have no such control: they go as far as they must, count pixels, or are noise themselves.`
      : '';
  const shown =
    controls.length > MOST_LINES
      ? controls.filter(({ reading }) => reading !== 'better').slice(0, MOST_LINES)
      : controls;
  return html`<p>Random points of the same ball, on the same images, are what an attack must beat. Of ${count(controls.length)} attacks: ${counts.join(', ')}.${without}
Accuracies have 95 % limits (Clopper and Pearson); p is that of the one-sided sign test on images that one of the two alone broke. <a href="data/controls.csv">Data (CSV)</a></p>
${shown.length === 0 ? null : controlTable(shown, controls.length, seeds)}`;
}

function controlTable(lines: readonly ControlLine[], all: number, seeds: readonly number[]): Html {
  const caption =
    lines.length < all
      ? `Attacks against random noise: ${lines.length} that are not clearly better`
      : 'Attacks against random noise';
  return table(
    caption,
    [
      { heading: 'Model', header: true, cell: ({ model }: ControlLine) => model },
      { heading: 'Defence', cell: ({ defence }) => readable(defence) },
      { heading: 'Attack', cell: ({ attack, norm }) => `${readable(attack)}, ${normName(norm)}` },
      { heading: 'ε', numeric: true, cell: ({ eps }) => parameter(eps) },
      ...seedColumn(seeds),
      { heading: 'Under noise', numeric: true, cell: ({ underNoise }) => limited(underNoise) },
      { heading: 'Under attack', numeric: true, cell: ({ underAttack }) => limited(underAttack) },
      { heading: 'Attack alone', numeric: true, cell: ({ onlyAttack }) => count(onlyAttack) },
      { heading: 'Noise alone', numeric: true, cell: ({ onlyNoise }) => count(onlyNoise) },
      { heading: 'p', numeric: true, cell: ({ p }) => pValue(p) },
      { heading: 'Reading', cell: ({ reading }) => READINGS[reading] },
    ],
    lines,
  );
}

const maskingTable = (masking: readonly MaskingDiagnostic[]): Html =>
  table(
    'Signs of masked gradients',
    [
      { heading: 'Sign', header: true, wide: true, cell: ({ name }: MaskingDiagnostic) => name },
      { heading: 'Compared', numeric: true, cell: ({ compared }) => count(compared) },
      { heading: 'Found', numeric: true, cell: ({ signs }) => count(signs.length) },
      { heading: 'First', wide: true, cell: maskingText },
      { heading: 'Named in', cell: ({ source }) => source },
    ],
    masking,
  );

const maskingText = ({ compared, signs: [first] }: MaskingDiagnostic): string =>
  first ?? (compared === 0 ? 'not tested: the study has nothing to compare' : 'not found');
