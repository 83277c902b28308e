import { type Html, html, raw } from './html.ts';
import { STYLE } from './style.ts';

/** What a page is made of. */
export interface Page {
  readonly title: string;
  /** What the keyboard's first link skips to: `the report`. */
  readonly subject: string;
  readonly main: Html;
}

/** A whole HTML page that needs nothing from elsewhere. */
export function page({ title, subject, main }: Page): string {
  return html`${raw('<!doctype html>')}
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="outlast">
<title>${title}</title>
<style>${raw(STYLE)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to ${subject}</a>
<main id="main" tabindex="-1">
${main}
</main>
</body>
</html>
`.html;
}
