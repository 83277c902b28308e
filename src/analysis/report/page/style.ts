/*
 * The page's style. Series colours are Okabe and Ito's colour-blind-safe set (2008), darkened on white and lightened on black
 * until each stands out from the paper by 3:1 at least (WCAG 2.1, 1.4.11).
 */
export const PALETTE = `:root {
  --paper: #fffefb; --ink: #1d1d1b; --soft: #5b5a55; --rule: #e3e0d8; --accent: #1b5e8c; --warn: #8a4b00; --wash: #f6f4ee; --shade: #d9d5ca;
  --series-1: #0068a8; --series-2: #c2500a; --series-3: #00795a; --series-4: #a8478a; --series-5: #7d6608; --series-6: #555a66;
  --serif: Charter, 'Bitstream Charter', 'Sitka Text', Cambria, Georgia, serif;
  --sans: system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', 'Liberation Sans', Arial, sans-serif;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #16171a; --ink: #e8e6e1; --soft: #a5a39c; --rule: #34363b; --accent: #7cc0ec; --warn: #f0b45c; --wash: #1e2024; --shade: #3b3e45;
    --series-1: #6bbcf0; --series-2: #f2914f; --series-3: #38c79d; --series-4: #e39ac9; --series-5: #e0cf55; --series-6: #b4bac6;
  }
}`;

/** The style of reports. */
export const STYLE = `
${PALETTE}
@media print {
  :root {
    --paper: #fff; --ink: #000; --soft: #444; --rule: #ccc; --accent: #1b5e8c; --warn: #8a4b00; --wash: #fff; --shade: #fff;
    --series-1: #0068a8; --series-2: #c2500a; --series-3: #00795a; --series-4: #a8478a; --series-5: #7d6608; --series-6: #555a66;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0 auto; max-width: 83rem; padding: 3.5rem 1.5rem 5rem; background: var(--paper); color: var(--ink); font: 17px/1.6 var(--serif); }
header { border-bottom: 1px solid var(--rule); padding-bottom: 1.25rem; }
nav { font: 0.9rem/1.35 var(--sans); }
nav ol { list-style: none; margin: 1.25rem 0 0; padding: 0; columns: 15rem; column-gap: 2rem; }
nav li { padding: 0.22rem 0; break-inside: avoid; }
nav a { text-decoration: none; }
nav a:hover { text-decoration: underline; }
section { container-type: inline-size; }
h1 { font-size: 2.5rem; line-height: 1.15; margin: 0; font-weight: 600; letter-spacing: -0.01em; overflow-wrap: anywhere; }
h2 { font-size: 1.45rem; line-height: 1.3; margin: 3.25rem 0 0.6rem; font-weight: 600; scroll-margin-top: 1rem; }
h3 { font-size: 1.12rem; line-height: 1.35; margin: 2rem 0 0.4rem; font-weight: 600; }
.skip { position: absolute; left: 0.5rem; top: -4rem; padding: 0.5rem 0.8rem; background: var(--paper); color: var(--accent); border: 2px solid var(--accent); }
.skip:focus { top: 0.5rem; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
main:focus { outline: none; }
dl { columns: 30rem 2; column-gap: 3rem; font-size: 0.95rem; }
dl > div { break-inside: avoid; }
dt { font-weight: 600; padding-top: 0.7rem; }
dd { margin: 0.15rem 0 0 1.2rem; color: var(--soft); }
.pictures figure { margin: 0; }
.pictures img { display: block; height: 5.25rem; image-rendering: pixelated; }
.pictures figcaption { font: 0.8rem/1.4 var(--sans); margin: 0.2rem 0 0; }
p, ul { max-width: 42rem; margin: 0.6rem 0; }
p, li, figcaption, caption { text-wrap: pretty; }
.kicker { font: 600 0.8rem/1 var(--sans); letter-spacing: 0.09em; text-transform: uppercase; color: var(--soft); margin: 0 0 0.6rem; }
.sub { color: var(--soft); margin: 0.5rem 0 0; max-width: none; }
.lead { font-size: 1.3rem; line-height: 1.45; margin: 0.4rem 0 1rem; }
a { color: var(--accent); text-underline-offset: 0.15em; }
code, pre { font: 0.86em/1.5 ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace; }
pre { background: var(--wash); border: 1px solid var(--rule); border-radius: 4px; padding: 0.7rem 1rem; overflow-x: auto; }
figure { margin: 1.5rem 0 2rem; }
figure { font-family: var(--sans); }
figure svg { display: block; width: 100%; height: auto; }
.panels { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 20.5rem), 1fr)); gap: 1rem 2rem; }
.panels > *, .when-narrow { max-width: 27rem; }
.when-wide { max-width: 58rem; }
.when-wide { display: none; }
@container (min-width: 44rem) { .when-wide { display: block; } .when-narrow { display: none; } }
.panels > figure { margin: 0.5rem 0; }
.panel-title { font: 600 0.85rem/1.4 var(--sans); margin: 0.4rem 0 0; }
.beside { display: flex; flex-wrap: wrap; gap: 0 2.5rem; align-items: flex-start; }
.beside > * { flex: 8 1 34rem; min-width: 0; }
.beside > figure { flex: 1 1 27rem; container-type: inline-size; margin-bottom: 1rem; }
.hover line:hover { stroke-opacity: 0.07; }
.hover circle:hover { fill-opacity: 0.3; }
figcaption { font: 0.95rem/1.5 var(--serif); color: var(--soft); margin-top: 0.5rem; max-width: 42rem; }
figcaption b { color: var(--ink); font-weight: 600; }
/* A shadow at the right edge, which the end of what scrolls takes along and covers. */
.scroll {
  overflow-x: auto; container-type: inline-size;
  background: linear-gradient(var(--paper), var(--paper)) 100% 0 / 1.5rem 100% no-repeat local, linear-gradient(to left, var(--shade), transparent) 100% 0 / 1rem 100% no-repeat scroll;
}
.legend { list-style: none; padding: 0; margin: 1rem 0 0; display: flex; flex-wrap: wrap; gap: 0.3rem 1.4rem; font: 0.85rem/1.4 var(--sans); max-width: none; }
.legend li { display: flex; align-items: center; gap: 0.5rem; }
table { border-collapse: separate; border-spacing: 0; font: 0.85rem/1.35 var(--sans); font-variant-numeric: tabular-nums; margin: 0 0 0.5rem; min-width: min(100%, 24rem); }
.scroll:has(table) { margin: 1.4rem 0 1.8rem; }
caption { text-align: left; font: italic 0.98rem/1.4 var(--serif); color: var(--soft); padding-bottom: 0.5rem; }
caption span { display: inline-block; position: sticky; left: 0; max-width: min(100cqw, 60rem); }
thead th { border-top: 1.5px solid var(--ink); border-bottom: 1px solid var(--ink); font-weight: 600; vertical-align: bottom; }
tbody tr:last-child > * { border-bottom: 1.5px solid var(--ink); }
th, td { white-space: nowrap; padding: 0.34rem 1.1rem 0.34rem 0; text-align: left; vertical-align: top; }
th:last-child, td:last-child { padding-right: 0.2rem; }
tbody th { font-weight: 500; }
tbody th:not(.wide), thead th:first-child:not(.wide) { position: sticky; left: 0; background: var(--paper); }
tbody tr + tr > * { border-top: 1px solid var(--rule); }
.number { text-align: right; }
.wide { white-space: normal; min-width: 14rem; }
figcaption a { white-space: nowrap; }
thead th { white-space: normal; }
summary { cursor: pointer; font: 600 0.95rem/1.5 var(--sans); color: var(--accent); margin: 0.8rem 0; }
.warnings { list-style: none; padding: 0.7rem 1rem; margin-left: 0; border-left: 3px solid var(--warn); background: var(--wash); font-size: 0.95rem; }
.warnings li + li { margin-top: 0.35rem; }
@media print {
  body { font-size: 10.5pt; max-width: none; padding: 0; }
  figure, .warnings { break-inside: avoid; }
  h2 { break-after: avoid; }
  .scroll { overflow: visible; }
  .skip, nav { display: none; }
  details::details-content { content-visibility: visible; block-size: auto; }
  tbody th:not(.wide), thead th:first-child:not(.wide) { position: static; }
  table { font-size: 7.5pt; min-width: 0; }
  th, td { white-space: normal; padding-right: 0.5rem; }
  .wide { min-width: 0; }
  tr { break-inside: avoid; }
  table { break-inside: auto; }
  thead { display: table-header-group; }
  pre { white-space: pre-wrap; }
  a { color: inherit; text-decoration: none; }
}
@media (min-width: 100rem) {
  body { display: grid; grid-template-columns: 13.5rem minmax(0, 80rem); column-gap: 3.5rem; max-width: 100rem; align-content: start; }
  header { grid-column: 1 / -1; }
  main { grid-column: 2; }
  nav { position: sticky; top: 1.5rem; align-self: start; max-height: calc(100vh - 3rem); overflow-y: auto; margin-top: 3.25rem; }
  nav ol { columns: auto; margin: 0; }
}
@media (max-width: 40rem) {
  body { font-size: 16px; }
  body { padding: 2rem 1rem 3rem; }
  h1 { font-size: 2rem; }
}
`;
