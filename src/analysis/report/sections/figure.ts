import { type Html, html } from '../html.ts';

/** A figure with its caption and, beside the page, its data. Narrow screens scroll it; the keyboard can, too. */
export function figure(drawing: Html, caption: Html, data: string): Html {
  return html`<figure><div class="scroll" tabindex="0">${drawing}</div>
<figcaption>${caption} <a href="data/${data}">Data (CSV)</a></figcaption></figure>`;
}
