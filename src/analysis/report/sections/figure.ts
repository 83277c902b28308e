import type { Layout, Panel } from '../charts/figure.ts';
import { type Html, html } from '../page/html.ts';

/** A figure with its caption and, beside the page, its data. */
export function figure(drawing: Html, caption: Html, data: string): Html {
  return html`<figure>${drawing}
<figcaption>${caption} <a href="data/${data}">Data (CSV)</a></figcaption></figure>`;
}

/** A figure that is drawn for wide places and for narrow ones: the page shows the one that fits. */
export function eitherLayout(draw: (layout: Layout) => Html): Html {
  return html`<div class="when-wide">${draw('wide')}</div><div class="when-narrow">${draw('narrow')}</div>`;
}

/** Panels side by side, as many in a row as there is room for. */
export function panelGrid(panels: readonly Panel[]): Html {
  return html`<div class="panels">${panels.map(
    ({ title, drawing }) =>
      html`<div>${title === '' ? null : html`<p class="panel-title">${title}</p>`}${drawing}</div>`,
  )}</div>`;
}

/** A narrow figure, and the table or the words that go with it, side by side where there is room. */
export function beside(first: Html, second: Html): Html {
  return html`<div class="beside">${first}${second}</div>`;
}
