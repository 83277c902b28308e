import { useState } from 'preact/hooks';
import type { ReportComparison } from '../../../analysis/report/index.ts';
import { typeset } from '../../../base/notation.ts';
import { Figure } from '../figure.tsx';

const LETTERS = ['A', 'B'];

/** Kaplan and Meier's curves of both runs with their limits, of a model, a defence and an attack. */
export function ComparedCurves({ comparison: { curves, clock } }: { readonly comparison: ReportComparison }) {
  const [chosen, setChosen] = useState(0);
  const pair = curves[chosen] ?? curves[0];
  if (pair === undefined || clock === null) return null;
  const nameOf = ({ model, defence, attack }: typeof pair) => `${model}, ${defence}, ${attack}`;
  const steps = pair.curves.map((curve) => [
    { time: 0, survival: 1, lower: 1, upper: 1 },
    ...curve.steps.map(({ time, survival, lower, upper }) => ({ time, survival, lower, upper })),
  ]);
  const told = pair.curves.map(({ samples, failures, median }, k) => {
    const half = median === null ? 'fewer than half' : `half of them by ${typeset.number(median)} ${clock}`;
    return `${LETTERS[k]}: ${failures} of ${samples} broken, ${half}`;
  });
  return (
    <>
      <h3>Survival</h3>
      <label>
        Model, defence and attack
        <select value={chosen} onChange={({ currentTarget: { value } }) => setChosen(Number(value))}>
          {curves.map((one, index) => (
            <option key={nameOf(one)} value={index}>
              {nameOf(one)}
            </option>
          ))}
        </select>
      </label>
      <ul class="legend">
        {told.map((line, k) => (
          <li key={line}>
            <span class="swatch" style={{ background: `var(--series-${k + 1})` }} />
            {line}
          </li>
        ))}
      </ul>
      <Figure
        label={`Kaplan-Meier curves of ${nameOf(pair)}. ${told.join('; ')}`}
        caption={`Share of images that stand, by ${clock}, with 95 % bands. Bands that overlap leave open whether the runs differ.`}
        options={(Plot) => ({
          height: 320,
          x: { label: clock, labelAnchor: 'center', labelArrow: 'none', tickFormat: '~s', ticks: 5 },
          y: { domain: [0, 1], label: 'Standing', labelArrow: 'none', tickFormat: '%' },
          marks: [
            Plot.gridY({ stroke: 'var(--rule)', strokeOpacity: 1 }),
            ...steps.flatMap((points, k) => [
              Plot.areaY(
                points.filter(({ lower, upper }) => lower !== null && upper !== null),
                {
                  x: 'time',
                  y1: 'lower',
                  y2: 'upper',
                  curve: 'step-after',
                  fill: `var(--series-${k + 1})`,
                  fillOpacity: 0.15,
                },
              ),
              Plot.lineY(points, {
                ...{ x: 'time', y: 'survival', curve: 'step-after', stroke: `var(--series-${k + 1})`, strokeWidth: 2 },
              }),
            ]),
          ],
        })}
      />
    </>
  );
}
