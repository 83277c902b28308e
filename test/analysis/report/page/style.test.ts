import { expect, test } from 'vitest';
import { SERIES } from '../../../../src/analysis/report/charts/figure.ts';
import { STYLE } from '../../../../src/analysis/report/page/style.ts';

/** Relative luminance and contrast as WCAG 2.1 defines them. */
function luminance(hex: string): number {
  const full = hex.length === 4 ? hex.replace(/[0-9a-f]/g, '$&$&') : hex;
  const [r, g, b] = [1, 3, 5].map((at) => {
    const c = Number.parseInt(full.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

const themes = [...STYLE.matchAll(/:root \{([^}]*)\}/g)].map(([, block]) =>
  Object.fromEntries([...block.matchAll(/--([\w-]+): (#[0-9a-f]+);/g)].map(([, name, value]) => [name, value])),
);

test.each([
  ['light', 0],
  ['dark', 1],
  ['print', 2],
])('%s: text stands out by 4.5 to 1 and series by 3 to 1 (WCAG 2.1, 1.4.3 and 1.4.11)', (_, index) => {
  const theme = themes[index];
  for (const text of ['ink', 'soft', 'accent', 'warn']) expect(contrast(theme[text], theme.paper)).toBeGreaterThan(4.5);
  for (let k = 1; k <= SERIES; k++) expect(contrast(theme[`series-${k}`], theme.paper)).toBeGreaterThan(3);
});
