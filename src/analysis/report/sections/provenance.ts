import type { DataSpec } from '../../study/trial.ts';
import { amount, count, number, parameter, percent } from '../format.ts';
import { type Column, type Html, html, table } from '../html.ts';
import { readable } from '../names.ts';
import type { ModelLine, Report } from '../report.ts';

/** The trained models in numbers. */
export function modelTable({ models, seeds }: Report): Html {
  return table(
    'Models',
    [
      { heading: 'Model', header: true, cell: ({ model }: ModelLine) => model },
      { heading: 'Defence', cell: ({ defence }) => readable(defence) },
      ...seedColumn(seeds),
      { heading: 'Width', numeric: true, cell: ({ configuration }) => count(configuration.width) },
      { heading: 'Parameters', numeric: true, cell: ({ parameters }) => count(parameters) },
      { heading: 'Test accuracy', numeric: true, cell: ({ accuracy }) => percent(accuracy, 2) },
      { heading: 'Training images', numeric: true, cell: ({ trainSamples }) => count(trainSamples) },
      { heading: 'Training', numeric: true, cell: ({ trainSeconds }) => amount(trainSeconds, 'seconds') },
      { heading: 'Training work', numeric: true, cell: ({ trainFlops }) => amount(trainFlops, 'flops') },
      { heading: 'Compilation', numeric: true, cell: ({ compileSeconds }) => amount(compileSeconds, 'seconds') },
    ],
    models,
  );
}

/** The seed of a line, where there are several. */
export function seedColumn(seeds: readonly number[]): Column<{ readonly seed: number }>[] {
  return seeds.length > 1 ? [{ heading: 'Seed', numeric: true, cell: ({ seed }) => String(seed) }] : [];
}

/** What may be wrong with the figures. */
export function warningSection({ warnings }: Report): Html | null {
  if (warnings.length === 0) return null;
  return html`<section aria-labelledby="warnings">
<h2 id="warnings">Warnings</h2>
<ul class="warnings">${warnings.map((warning) => html`<li>${warning}</li>`)}</ul>
</section>`;
}

/** What the study ran on, and how to run it again. */
export function reproductionSection(report: Report): Html {
  const { adapter, data, training, seeds, study, trials, finishedAt } = report;
  const facts: readonly (readonly [string, string])[] = [
    ['Adapter', adapter.name],
    ['Vendor', adapter.vendor],
    ['Driver', adapter.driver],
    ['Backend', adapter.backend],
    ['Kind', adapter.software ? 'software, on the processor' : 'hardware'],
    ['Data', describeData(data)],
    [
      'Training',
      `${count(training.epochs)} epochs, batches of ${count(training.batchSize)}, learning rate ${parameter(training.learningRate)} (${training.schedule}), momentum ${parameter(training.momentum)}, weight decay ${number(training.weightDecay, 1)}`,
    ],
    ['Seeds', seeds.join(', ')],
    ['Trials', `${count(trials.finished)} of ${count(trials.planned)}, the last on ${finishedAt}`],
  ];
  return html`<section aria-labelledby="reproduce">
<h2 id="reproduce">Machine, and how to reproduce this</h2>
${table(
  'What the study ran on',
  [
    { heading: 'Property', header: true, cell: ([name]: readonly [string, string]) => name },
    { heading: 'Value', wide: true, cell: ([, value]) => value },
  ],
  facts,
)}
<p>The folder of this page holds the study (<code>study.json</code>), every trial (<code>trials/</code>), and the numbers behind the page (<a href="report.json"><code>report.json</code></a>, <a href="data/survival-table.csv"><code>data/survival-table.csv</code></a>). Run it again elsewhere, and compare:</p>
<pre><code>npx outlast study run study.json --out ${study}-again</code></pre>
<p>Two runs on one adapter give the same models and the same successes; only wall-clock times differ.</p>
</section>`;
}

/** `cifar10, training and test images shuffled by the seed: 48,000 training and 12,000 test images`. */
export function describeData(data: DataSpec): string {
  const name = data.name === 'folder' ? `${data.name} ${data.path}` : data.name;
  const size = (images: number | null, whole: string) => (images === null ? whole : count(images));
  const [split, train, test] =
    data.split === 'shuffled'
      ? [
          ', training and test images shuffled by the seed',
          size(data.train, '80 % for'),
          size(data.test, 'the rest as'),
        ]
      : ['', size(data.train, 'all'), size(data.test, 'all')];
  return `${name}${split}: ${train} training and ${test} test images`;
}
