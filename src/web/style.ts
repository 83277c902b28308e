import { PALETTE } from '../analysis/report/index.ts';

/** The page's style: colours and letters are those of reports. */
export const STYLE = `${PALETTE}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0 auto; max-width: 72rem; padding: 2rem 1.25rem 4rem; background: var(--paper); color: var(--ink); font: 17px/1.6 var(--serif); }
header { border-bottom: 1px solid var(--rule); padding-bottom: 0.9rem; }
h1 { font-size: 2.2rem; line-height: 1.15; margin: 0; font-weight: 600; }
h2 { font-size: 1.45rem; line-height: 1.3; margin: 1.75rem 0 0.6rem; font-weight: 600; }
h3 { font-size: 1.12rem; line-height: 1.35; margin: 1.75rem 0 0.4rem; font-weight: 600; }
p { max-width: 42rem; margin: 0.6rem 0; text-wrap: pretty; }
a { color: var(--accent); text-underline-offset: 0.15em; }
.sub { color: var(--soft); margin: 0.4rem 0 0.9rem; }
nav { display: flex; flex-wrap: wrap; gap: 0.3rem 1.5rem; font: 1rem/1.5 var(--sans); }
nav a { padding: 0.2rem 0; text-decoration: none; }
nav a:hover { text-decoration: underline; }
nav a[aria-current] { color: var(--ink); font-weight: 600; box-shadow: 0 2px var(--ink); }
.skip { position: absolute; left: 0.5rem; top: -4rem; padding: 0.5rem 0.8rem; background: var(--paper); color: var(--accent); border: 2px solid var(--accent); }
.skip:focus { top: 0.5rem; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
main:focus { outline: none; }
code { font: 0.86em/1.5 ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace; }
button, select, input, label, legend, output { font: 0.95rem/1.4 var(--sans); }
button, select, input:not([type='checkbox'], [type='range'], [type='file']) { padding: 0.4rem 0.75rem; border: 1px solid var(--soft); border-radius: 4px; background: var(--wash); color: var(--ink); max-width: 100%; }
button { cursor: pointer; font-weight: 600; }
button:hover:not(:disabled) { background: var(--shade); }
button:disabled { color: var(--soft); cursor: default; border-color: var(--rule); }
button.main { background: var(--accent); border-color: var(--accent); color: var(--paper); }
button.main:hover:not(:disabled) { background: var(--ink); border-color: var(--ink); }
button.main:disabled { background: var(--wash); border-color: var(--rule); color: var(--soft); }
input[type='number'] { width: 7.5rem; }
input[type='range'] { width: min(100%, 24rem); accent-color: var(--accent); }
fieldset { border: 0; border-top: 1px solid var(--rule); margin: 1rem 0 0; padding: 0.4rem 0; display: flex; flex-wrap: wrap; gap: 0.7rem 1.4rem; align-items: end; min-width: 0; }
legend { font-weight: 600; padding: 0 0.6rem 0 0; }
label { display: flex; flex-direction: column; gap: 0.15rem; color: var(--soft); max-width: 100%; }
label.check { flex-direction: row; align-items: center; gap: 0.5rem; }
progress { width: min(100%, 24rem); accent-color: var(--accent); }
.warnings { padding: 0.4rem 1rem; border-left: 3px solid var(--warn); background: var(--wash); margin: 1rem 0; max-width: 44rem; }
.scroll { overflow-x: auto; margin: 1.2rem 0; }
/* Long tables scroll by themselves, so that the page stays short. */
.scroll.tall { max-height: 34rem; overflow-y: auto; }
.tall thead th { position: sticky; top: 0; background: var(--paper); }
table { border-collapse: collapse; font: 0.85rem/1.35 var(--sans); font-variant-numeric: tabular-nums; min-width: min(100%, 24rem); }
caption { text-align: left; font: italic 0.98rem/1.4 var(--serif); color: var(--soft); padding-bottom: 0.4rem; }
thead th { border-top: 1.5px solid var(--ink); border-bottom: 1px solid var(--ink); font-weight: 600; vertical-align: bottom; }
table:not(:has(thead)) tbody tr:first-child > * { border-top: 1.5px solid var(--ink); }
tbody tr:last-child > * { border-bottom: 1.5px solid var(--ink); }
tbody tr + tr > * { border-top: 1px solid var(--rule); }
th, td { padding: 0.34rem 1.1rem 0.34rem 0; text-align: left; vertical-align: top; }
tbody th { font-weight: 500; }
.number { text-align: right; white-space: nowrap; }
dl div { display: flex; gap: 0.8rem; }
dd { margin: 0; }
figure { margin: 1rem 0; font-family: var(--sans); min-width: 0; }
figure svg { display: block; width: 100%; height: auto; max-width: 46rem; }
figcaption { font: 0.9rem/1.45 var(--sans); color: var(--soft); }
summary { cursor: pointer; font: 600 0.95rem/1.5 var(--sans); color: var(--accent); }
.fields { display: flex; flex-wrap: wrap; gap: 0.7rem 1.4rem; align-items: end; padding: 0.5rem 0; }
.pages { align-items: center; gap: 0.5rem 0.7rem; margin: 0.6rem 0; }
.pictures { display: flex; flex-wrap: wrap; gap: 0.5rem 1.5rem; align-items: flex-start; margin: 1rem 0; }
.picture { margin: 0; width: 10rem; }
.picture canvas { display: block; width: 10rem; height: auto; image-rendering: pixelated; border: 1px solid var(--rule); }
.pad { display: block; width: 10rem; height: 10rem; background: #000; border-radius: 4px; touch-action: none; cursor: crosshair; margin-bottom: 0.4rem; }
* + .drop { margin-top: 0.6rem; }
.drop { border: 1px dashed var(--soft); border-radius: 4px; padding: 0.6rem; }
.drop.over { background: var(--shade); }
.bar { height: 0.55rem; background: var(--series-1); min-width: 1px; }
.bar.now { background: var(--series-2); }
.bars td:last-child { width: 12rem; }
.legend { list-style: none; padding: 0; margin: 0.8rem 0 0; display: flex; flex-wrap: wrap; gap: 0.3rem 1.4rem; font: 0.85rem/1.4 var(--sans); }
.legend li { display: flex; align-items: center; gap: 0.5rem; }
.swatch { width: 1.4rem; height: 3px; }
.verdict { font-size: 1.15rem; }
pre { overflow-x: auto; padding: 0.7rem 0.9rem; background: var(--wash); border-radius: 4px; margin: 1rem 0; }
img { max-width: 100%; height: auto; }
.guide h1 { margin-top: 1.5rem; }
.guide :is(p, li, h1, h2, h3) { overflow-wrap: break-word; }
.guide li { max-width: 42rem; }
@media (prefers-reduced-motion: no-preference) { button { transition: background 0.15s; } }
`;
