/*
 * The page's style. Series colours are Okabe and Ito's colour-blind-safe set (2008), darkened on white and lightened on black
 * until each stands out from the paper by 3:1 at least (WCAG 2.1, 1.4.11).
 */
export const STYLE = `
:root {
  --paper: #fffefb; --ink: #1d1d1b; --soft: #5b5a55; --rule: #e3e0d8; --accent: #1b5e8c; --warn: #8a4b00; --wash: #f6f4ee;
  --series-1: #0068a8; --series-2: #c2500a; --series-3: #00795a; --series-4: #a8478a; --series-5: #7d6608; --series-6: #555a66;
  --serif: Charter, 'Bitstream Charter', 'Sitka Text', Cambria, Georgia, serif;
  --sans: system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', 'Liberation Sans', Arial, sans-serif;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #16171a; --ink: #e8e6e1; --soft: #a5a39c; --rule: #34363b; --accent: #7cc0ec; --warn: #f0b45c; --wash: #1e2024;
    --series-1: #6bbcf0; --series-2: #f2914f; --series-3: #38c79d; --series-4: #e39ac9; --series-5: #e0cf55; --series-6: #b4bac6;
  }
}
@media print {
  :root {
    --paper: #fff; --ink: #000; --soft: #444; --rule: #ccc; --accent: #1b5e8c; --warn: #8a4b00; --wash: #fff;
    --series-1: #0068a8; --series-2: #c2500a; --series-3: #00795a; --series-4: #a8478a; --series-5: #7d6608; --series-6: #555a66;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 17px/1.6 var(--serif); }
main { max-width: 60rem; margin: 0 auto; padding: 3.5rem 1.5rem 5rem; }
header { border-bottom: 1px solid var(--rule); padding-bottom: 1.25rem; }
h1 { font-size: 2.5rem; line-height: 1.15; margin: 0; font-weight: 600; letter-spacing: -0.01em; overflow-wrap: anywhere; }
h2 { font-size: 1.45rem; line-height: 1.3; margin: 3.25rem 0 0.6rem; font-weight: 600; }
h3 { font-size: 1.12rem; line-height: 1.35; margin: 2rem 0 0.4rem; font-weight: 600; }
.skip { position: absolute; left: 0.5rem; top: -4rem; padding: 0.5rem 0.8rem; background: var(--paper); color: var(--accent); border: 2px solid var(--accent); }
.skip:focus { top: 0.5rem; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
main:focus { outline: none; }
dl { max-width: 42rem; font-size: 0.95rem; }
dt { font-weight: 600; margin-top: 0.7rem; }
dd { margin: 0.15rem 0 0 1.2rem; color: var(--soft); }
.pictures figure { margin: 0; }
.pictures img { display: block; height: 5.25rem; image-rendering: pixelated; }
.pictures figcaption { font: 0.8rem/1.4 var(--sans); margin: 0.2rem 0 0; }
p, ul { max-width: 42rem; margin: 0.6rem 0; }
.kicker { font: 600 0.8rem/1 var(--sans); letter-spacing: 0.09em; text-transform: uppercase; color: var(--soft); margin: 0 0 0.6rem; }
.sub { color: var(--soft); margin: 0.5rem 0 0; }
.lead { font-size: 1.3rem; line-height: 1.45; margin: 0.4rem 0 1rem; }
a { color: var(--accent); text-underline-offset: 0.15em; }
code, pre { font: 0.86em/1.5 ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace; }
pre { background: var(--wash); border: 1px solid var(--rule); border-radius: 4px; padding: 0.7rem 1rem; overflow-x: auto; }
figure { margin: 1.5rem 0 2rem; }
figure .scroll { font-family: var(--sans); }
figure svg { min-width: 38rem; width: 100%; }
figcaption { font-size: 0.95rem; color: var(--soft); margin-top: 0.5rem; max-width: 42rem; }
figcaption b { color: var(--ink); font-weight: 600; }
.scroll { overflow-x: auto; }
.legend { list-style: none; padding: 0; margin: 1rem 0 0; display: flex; flex-wrap: wrap; gap: 0.3rem 1.4rem; font: 0.85rem/1.4 var(--sans); max-width: none; }
.legend li { display: flex; align-items: center; gap: 0.5rem; }
table { border-collapse: collapse; font: 0.85rem/1.35 var(--sans); font-variant-numeric: tabular-nums; margin: 0 0 0.5rem; min-width: 24rem; }
.scroll:has(table) { margin: 1.4rem 0 1.8rem; }
caption { text-align: left; font: italic 0.98rem/1.4 var(--serif); color: var(--soft); padding-bottom: 0.5rem; }
thead th { border-top: 1.5px solid var(--ink); border-bottom: 1px solid var(--ink); font-weight: 600; vertical-align: bottom; }
tbody tr:last-child > * { border-bottom: 1.5px solid var(--ink); }
th, td { white-space: nowrap; padding: 0.34rem 1.1rem 0.34rem 0; text-align: left; vertical-align: top; }
th:last-child, td:last-child { padding-right: 0.2rem; }
tbody th { font-weight: 500; }
tbody tr + tr > * { border-top: 1px solid var(--rule); }
.number { text-align: right; }
.wide { white-space: normal; min-width: 14rem; }
figcaption a { white-space: nowrap; }
thead .number { white-space: normal; }
.warnings { list-style: none; padding: 0.7rem 1rem; margin-left: 0; border-left: 3px solid var(--warn); background: var(--wash); font-size: 0.95rem; }
.warnings li + li { margin-top: 0.35rem; }
@media print {
  body { font-size: 10.5pt; }
  main { max-width: none; padding: 0; }
  figure, .warnings { break-inside: avoid; }
  h2 { break-after: avoid; }
  .scroll { overflow: visible; }
  .skip { display: none; }
  figure svg { min-width: 0; }
  table { font-size: 7.5pt; min-width: 0; }
  th, td { white-space: normal; padding-right: 0.5rem; }
  .wide { min-width: 0; }
  tr { break-inside: avoid; }
  table { break-inside: auto; }
  thead { display: table-header-group; }
  pre { white-space: pre-wrap; }
  a { color: inherit; text-decoration: none; }
}
@media (max-width: 40rem) {
  body { font-size: 16px; }
  main { padding: 2rem 1rem 3rem; }
  h1 { font-size: 2rem; }
}
`;
