import type { AttackPicture } from '../../study/index.ts';
import type { PictureLine } from '../lines/pictures.ts';
import { parameter } from '../page/format.ts';
import { type Html, html } from '../page/html.ts';
import { readable, readableInline } from '../page/names.ts';
import type { Section } from '../page/page.ts';
import type { Report } from '../report.ts';

/** Images before and after attacks, as far as trials keep them. */
export function picturesSection({ pictures }: Report): Section | null {
  if (pictures.length === 0) return null;
  const columns = Math.max(...pictures.map(({ images }) => images.length));
  const numbers = Array.from({ length: columns }, (_, k) => k + 1);
  const targets = [...new Set(pictures.map(({ model, defence }) => `${model}, ${readableInline(defence)}`))];
  return {
    id: 'pictures',
    heading: 'What attacks look like',
    body: html`<p>Images before (left) and after (right) each attack at its weakest and its strongest, on ${targets.join('; ')}.</p>
<div class="scroll" tabindex="0" role="region" aria-label="Images before and after attacks"><table class="pictures">
<caption><span>Images before and after attacks</span></caption>
<thead><tr><th scope="col">Attack</th>${numbers.map((n) => html`<th scope="col">Image ${n}</th>`)}</tr></thead>
<tbody>
${pictures.map(
  (line) =>
    html`<tr><th scope="row">${nameOf(line)}</th>${numbers.map((_, k) => html`<td>${picture(line, line.images[k])}</td>`)}</tr>\n`,
)}</tbody>
</table></div>
<p><a href="data/pictures.csv">What is shown (CSV)</a></p>`,
  };
}

function nameOf({ attack, strength, dataset }: PictureLine): string {
  return `${readable(attack)}${strength === null ? '' : `, ${parameter(strength)}`} (${dataset})`;
}

function picture(line: PictureLine, image: AttackPicture | undefined): Html | string {
  if (image === undefined) return '–';
  const { label, sample, success, png } = image;
  const outcome = success ? 'broken' : 'holds';
  return html`<figure><img src="data:image/png;base64,${png}" alt="Image ${sample} of class ${label} before and after ${nameOf(line)}: ${outcome}"><figcaption>class ${label}, ${outcome}</figcaption></figure>`;
}
