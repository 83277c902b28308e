import { useState } from 'preact/hooks';
import type { Report } from '../../../analysis/report/index.ts';
import { Figure } from '../figure.tsx';

/** More lines than these no reader tells apart; as many colours are there. */
const MOST_LINES = 6;

/** Kaplan and Meier's curves of a model, by defence and attack. */
export function StudyCurves({ report }: { readonly report: Report }) {
  const models = [...new Set(report.kaplanMeier.map(({ model }) => model))];
  const [chosen, setChosen] = useState('');
  const model = models.includes(chosen) ? chosen : models[0];
  if (model === undefined) return null;
  const curves = report.kaplanMeier
    .filter((curve) => curve.model === model)
    .slice(0, MOST_LINES)
    .map((curve) => ({ ...curve, name: `${curve.defence}, ${curve.attack}` }));
  const points = curves.flatMap(({ name, steps }) => [
    { name, time: 0, survival: 1 },
    ...steps.map(({ time, survival }) => ({ name, time, survival })),
  ]);
  const fitted = curves.flatMap(({ name, fitted }) => fitted.map((point) => ({ name, ...point })));
  const colours = {
    domain: curves.map(({ name }) => name),
    range: curves.map((_, index) => `var(--series-${index + 1})`),
    legend: false,
  };
  return (
    <>
      <h3>Survival</h3>
      <label>
        Model
        <select value={model} onChange={({ currentTarget }) => setChosen(currentTarget.value)}>
          {models.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
      <ul class="legend">
        {curves.map(({ name, samples, failures }, index) => (
          <li key={name}>
            <span class="swatch" style={{ background: `var(--series-${index + 1})` }} />
            {name}: {failures} of {samples} broken
          </li>
        ))}
      </ul>
      <Figure
        label={`Kaplan-Meier curves of ${model}: ${curves.map(({ name, failures, samples }) => `${name}, ${failures} of ${samples} broken`).join('; ')}`}
        caption={`Share of images that stand, by ${report.survival.clock}. Thin and dashed: the fitted model.`}
        options={(Plot) => ({
          height: 340,
          color: colours,
          x: { label: report.survival.clock, labelAnchor: 'center', labelArrow: 'none', tickFormat: '~s', ticks: 5 },
          y: { domain: [0, 1], label: 'Standing', labelArrow: 'none', tickFormat: '%' },
          marks: [
            Plot.gridY({ stroke: 'var(--rule)', strokeOpacity: 1 }),
            Plot.lineY(points, {
              x: 'time',
              y: 'survival',
              z: 'name',
              stroke: { value: 'name', scale: 'color' },
              curve: 'step-after',
              strokeWidth: 2,
            }),
            Plot.lineY(fitted, {
              x: 'time',
              y: 'survival',
              z: 'name',
              stroke: { value: 'name', scale: 'color' },
              strokeDasharray: '5 4',
            }),
          ],
        })}
      />
    </>
  );
}
