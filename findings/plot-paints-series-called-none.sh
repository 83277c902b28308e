#!/usr/bin/env bash
# @observablehq/plot 0.6.17: where every value of a colour channel happens to be a CSS colour, Plot takes the values for colours and makes no
# scale and no legend; one other value, and the same words are categories. A series called "none" alone is painted in fill "none", so that
# its marks are there and cannot be seen. Who charts defences, treatments or categories by name ("none", "red", "tan") gets an empty chart
# when a study has the control only. Naming the scale's type (color: { type: "ordinal" }) changes nothing, though a scale is made then; naming
# the channel's scale (fill: { value: "name", scale: "color" }) makes the words categories.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @observablehq/plot@0.6.17 linkedom@0.18.12
cat > see.mjs <<'JS'
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';

const { document } = parseHTML('<!doctype html><html><body></body></html>');
const fills = (series, options = {}, fill = 'name') => {
  const data = series.map((name, x) => ({ x, y: x, name }));
  const plot = Plot.plot({ document, ...options, marks: [Plot.dot(data, { x: 'x', y: 'y', fill })] });
  const scale = plot.scale('color');
  const painted = [...plot.querySelectorAll('circle')].map((mark) => mark.getAttribute('fill'));
  console.log(JSON.stringify(series).padEnd(20), JSON.stringify({ ...options, fill }).padEnd(52), 'scale', scale?.type ?? 'none at all', 'fills', painted.join(' '));
  return { scaled: scale !== undefined, painted };
};
const alone = fills(['none', 'none']);
const beside = fills(['none', 'noise']);
const typed = fills(['none', 'none'], { color: { type: 'ordinal' } });
const told = fills(['none', 'none'], {}, { value: 'name', scale: 'color' });
const hidden = ({ painted }) => painted.every((fill) => fill === 'none');
const visible = (one) => one.scaled && one.painted.every((fill) => fill !== 'none');
process.exit(!alone.scaled && hidden(alone) && typed.scaled && hidden(typed) && visible(beside) && visible(told) ? 0 : 1);
JS
node see.mjs
