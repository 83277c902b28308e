import { useState } from 'preact/hooks';
import type { Rate } from '../worker/throughput.ts';
import { browserName } from './browserName.ts';
import { Problem } from './problem.tsx';
import { Facts } from './tables/facts.tsx';
import { useTask } from './useTask.ts';

/** What this device offers and does: nothing that is measured leaves the page, but by the clipboard. */
export function DevicePage() {
  const diagnosis = useTask('diagnose');
  const throughput = useTask('throughput');
  const answers = useTask('answers');
  const [rates, setRates] = useState<readonly Rate[]>([]);
  const [copied, setCopied] = useState('');
  const { result } = diagnosis;
  const busy = diagnosis.running || throughput.running || answers.running;

  async function measure() {
    setRates([]);
    if ((await diagnosis.run(null)) === undefined) return;
    await throughput.run(null, (rate) => setRates((told) => [...told, rate]));
  }
  async function ask() {
    setCopied('');
    await answers.run({ via: browserName() });
  }
  async function copy() {
    await navigator.clipboard.writeText(`${JSON.stringify(answers.result, null, 2)}\n`);
    setCopied('Copied.');
  }
  return (
    <>
      <h2>This device</h2>
      <p>
        Adapter, limits, what number formats really do, and how fast a few kernels are. Nothing of it is sent anywhere.
      </p>
      <p>
        <button type="button" onClick={measure} disabled={busy}>
          Measure this device
        </button>{' '}
        <button type="button" onClick={ask} disabled={busy}>
          Ask the questions of arithmetic
        </button>
      </p>
      <p role="status">
        {diagnosis.running && 'Opening the device …'}
        {throughput.running && `Measuring speed, ${rates.length} of 3 …`}
        {answers.running && 'Asking; each question is a shader of its own …'}
        {!busy && throughput.result !== undefined && 'Measured.'}
      </p>
      <Problem task={diagnosis} again={measure} />
      <Problem task={throughput} again={measure} />
      <Problem task={answers} again={ask} />
      {result && <Facts caption="Adapter" facts={{ ...result.adapter, kernels: result.kernels }} />}
      {rates.length > 0 && (
        <Facts
          caption="Speed in f32 by the clock on the wall"
          facts={Object.fromEntries(rates.map(({ what, value, unit }) => [what, `${value.toPrecision(3)} ${unit}`]))}
        />
      )}
      {result && <Facts caption="Number formats" facts={result.precisions} />}
      {result && <Facts caption="Measured, as no specification promises it" facts={{ ...result.probes }} />}
      {answers.result && (
        <>
          <h3>What is left to adapters</h3>
          <p>
            {answers.result.versions}. The same questions that <code>docs/devices.md</code> compares adapters by.{' '}
            <button type="button" onClick={copy}>
              Copy as JSON
            </button>{' '}
            <span role="status">{copied}</span>
          </p>
          {Object.entries(answers.result.answers).map(([section, rows]) => (
            <Facts
              key={section}
              caption={section}
              facts={Object.fromEntries(
                Object.entries(rows).map(([what, { cell }]) => [what.replaceAll('`', ''), cell]),
              )}
            />
          ))}
        </>
      )}
      {result && <Facts caption="Limits" facts={result.limits} />}
      {result && <p>Features: {result.features.join(', ')}</p>}
    </>
  );
}
