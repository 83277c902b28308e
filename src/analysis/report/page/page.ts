import { type Html, html, raw } from './html.ts';
import { STYLE } from './style.ts';

/** A part of a page, with a heading that the contents lead to. */
export interface Section {
  readonly id: string;
  readonly heading: string;
  readonly body: Html;
}

/** What a page is made of. */
export interface Page {
  readonly title: string;
  /** What the keyboard's first link skips to: `the report`. */
  readonly subject: string;
  /** What it is, in a word above its heading. */
  readonly kicker: string;
  readonly heading: string;
  /** A line below the heading. */
  readonly sub: string | null;
  /** In the order of the contents; null where there is nothing to say. */
  readonly sections: readonly (Section | null)[];
}

/** What a page may load and run: its own styles and the pictures that it holds, no script, nothing from elsewhere. */
export const REPORT_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/** A whole HTML page that needs nothing from elsewhere. */
export function page({ title, subject, kicker, heading, sub, sections }: Page): string {
  const shown = sections.filter((section) => section !== null);
  return html`${raw('<!doctype html>')}
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${REPORT_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="outlast">
<title>${title}</title>
<style>${raw(STYLE)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to ${subject}</a>
<header>
<p class="kicker">${kicker}</p>
<h1>${heading}</h1>
${sub === null ? null : html`<p class="sub">${sub}</p>`}
</header>
<nav aria-label="Contents">
<ol>${shown.map((section) => html`<li><a href="#${section.id}">${section.heading}</a></li>`)}</ol>
</nav>
<main id="main" tabindex="-1">
${shown.map(
  (section) => html`<section aria-labelledby="${section.id}">
<h2 id="${section.id}">${section.heading}</h2>
${section.body}
</section>
`,
)}</main>
</body>
</html>
`.html;
}
