import { stringify } from 'yaml';
import { snakeCase } from '../../../base/parameter.ts';
import type { TrainingSpec } from '../../../models/index.ts';
import type { ModelLine } from '../document.ts';
import { describeData } from '../lines/describeData.ts';
import { amount, count, number, parameter, percent } from '../page/format.ts';
import { type Column, type Html, html, table } from '../page/html.ts';
import { readable } from '../page/names.ts';
import type { Section } from '../page/page.ts';
import type { Report } from '../report.ts';

/** More kinds of training than these are not told one by one. */
const MOST_TRAININGS = 10;

/** A table of more models than these is no reading; the file holds them. */
const MOST_MODELS = 60;

const fileLink = (path: string): Html => html`<a href="${path}"><code>${path}</code></a>`;

/** The files that programs read, as links. */
const NUMBERS = html`the numbers behind the page (${fileLink('report.json')}, ${fileLink('data/survival-table.csv')})`;

const inSeconds = (seconds: number) => amount(seconds, 'seconds');

/** A figure, or a dash where there is none. */
const orNone = (value: number | null, text: (value: number) => string) => (value === null ? '–' : text(value));

/** The trained models in numbers. */
export function modelTable({ models, seeds }: Report): Html {
  if (models.length > MOST_MODELS)
    return html`<p>${count(models.length)} models with their defences: <a href="data/models.csv">all in numbers (CSV)</a>.</p>`;
  return table(
    'Models',
    [
      { heading: 'Model', header: true, cell: ({ model }: ModelLine) => model },
      { heading: 'Defence', cell: ({ defence }) => readable(defence) },
      ...seedColumn(seeds),
      { heading: 'Format', cell: ({ precision }) => precision },
      { heading: 'Network', cell: ({ network }) => network },
      { heading: 'Parameters', numeric: true, cell: ({ parameters }) => count(parameters) },
      { heading: 'Test accuracy', numeric: true, cell: ({ accuracy }) => percent(accuracy, 2) },
      { heading: 'Training images', numeric: true, cell: ({ trainSamples }) => orNone(trainSamples, count) },
      { heading: 'Training', numeric: true, cell: ({ trainSeconds }) => orNone(trainSeconds, inSeconds) },
      {
        heading: 'Training work',
        numeric: true,
        cell: ({ trainFlops }) => orNone(trainFlops, (flops) => amount(flops, 'flops')),
      },
      { heading: 'Compilation', numeric: true, cell: ({ compileSeconds }) => orNone(compileSeconds, inSeconds) },
    ],
    models,
  );
}

/** The seed of a line, where there are several. */
export function seedColumn(seeds: readonly number[]): Column<{ readonly seed: number }>[] {
  return seeds.length > 1 ? [{ heading: 'Seed', numeric: true, cell: ({ seed }) => String(seed) }] : [];
}

/** What may be wrong with the figures. */
export function warningSection({ warnings }: Report): Section | null {
  if (warnings.length === 0) return null;
  return {
    id: 'warnings',
    heading: 'Warnings',
    body: html`<ul class="warnings">${warnings.map((warning) => html`<li>${warning}</li>`)}</ul>`,
  };
}

/** What the study ran on, and how to run it again. */
export function reproductionSection(report: Report): Section {
  const { adapter, data, trainings, seeds, study, trials, finishedAt, made, configuration } = report;
  const facts: readonly (readonly [string, string])[] = [
    ['Adapter', adapter.name],
    ['Vendor', adapter.vendor],
    ['Driver', adapter.driver],
    ['Backend', adapter.backend],
    ['Kind', adapter.software ? 'software, on the processor' : 'hardware'],
    ...data.map((one) => ['Data', describeData(one)] as const),
    ...(trainings.length > MOST_TRAININGS
      ? [['Training', `${count(trainings.length)} kinds, see data/models.csv and report.json`] as const]
      : trainings.map((one) => ['Training', describeTraining(one)] as const)),
    ['Seeds', seeds.join(', ')],
    ['Trials', `${count(trials.finished)} of ${count(trials.planned)}, the last on ${finishedAt}`],
    ['Report by', `outlast ${made.outlast}, Node.js ${made.node}, Dawn of webgpu ${made.webgpu}`],
    ['On', made.system],
  ];
  return {
    id: 'reproduce',
    heading: 'Machine, and how to reproduce this',
    body: html`${table(
      'What the study ran on',
      [
        { heading: 'Property', header: true, cell: ([name]: readonly [string, string]) => name },
        { heading: 'Value', wide: true, cell: ([, value]) => value },
      ],
      facts,
    )}
<p>The folder of this page holds the study (<code>study.json</code>), every trial (<code>trials/</code>), and ${NUMBERS}. Run it again elsewhere, and compare:</p>
<pre tabindex="0"><code>npx outlast study run study.json --out ${study}-again</code></pre>
<h3>The study</h3>
<pre tabindex="0"><code>${stringify(configuration)}</code></pre>
<p>Two runs on one adapter give the same models and the same successes; only wall-clock times differ.</p>`,
  };
}

function describeTraining({ epochs, batchSize, learningRate, schedule, ...rest }: TrainingSpec): string {
  const others = Object.entries(rest).map(([name, value]) => {
    const text =
      typeof value === 'number' ? (name === 'weightDecay' ? number(value, 1) : parameter(value)) : `${value}`;
    return `${snakeCase(name).replaceAll('_', ' ')} ${text}`;
  });
  const first = `${count(epochs)} epochs, batches of ${count(batchSize)}, learning rate ${parameter(learningRate)} (${schedule})`;
  return [first, ...others].join(', ');
}
