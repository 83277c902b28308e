import { useState } from 'preact/hooks';
import type { AttackRequest } from '../worker/attackImage.ts';
import type { CurveClock, ManyStep } from '../worker/attackMany.ts';
import { RunButtons } from './fields/runButtons.tsx';
import { Figure } from './figure.tsx';
import { Problem } from './problem.tsx';
import { useTask } from './useTask.ts';

/** Most images of a curve. */
const MOST = 100;

/** Attacks test images together; their survival curve fills in as they fall. */
export function SurvivalOfMany({ request }: { readonly request: AttackRequest }) {
  const task = useTask('attackMany');
  const [count, setCount] = useState(MOST);
  const [clock, setClock] = useState<CurveClock>('queries');
  const [step, setStep] = useState<ManyStep>();
  async function attack() {
    setStep(undefined);
    const last = await task.run({ ...request, count }, setStep);
    if (last) setStep(last);
  }
  return (
    <>
      <h3>Survival of many images</h3>
      <p>
        A success is a failure of the network in time. Kaplan and Meier's curve tells which share of the images still
        stands after so many queries, or seconds; images that withstand are censored.
      </p>
      <div class="fields">
        <label>
          Test images, at most {MOST}
          <input
            type="number"
            min={1}
            max={MOST}
            value={count}
            onChange={({ currentTarget }) =>
              setCount(Math.min(MOST, Math.max(1, Math.trunc(Number(currentTarget.value)))))
            }
          />
        </label>
        <label>
          Clock
          <select value={clock} onChange={({ currentTarget }) => setClock(currentTarget.value as CurveClock)}>
            <option value="queries">Queries</option>
            <option value="seconds">Seconds</option>
          </select>
        </label>
        <RunButtons label="Attack them" task={task} onRun={attack} />
      </div>
      <p role="status">
        {task.running && step === undefined && 'Compiling …'}
        {!task.running && step && `${step.failed} of ${step.attacked} images are broken.`}
      </p>
      <Problem task={task} again={attack} />
      {step && step.curves[clock].points.length > 0 && <Curve step={step} clock={clock} />}
    </>
  );
}

function Curve({ step, clock }: { readonly step: ManyStep; readonly clock: CurveClock }) {
  const { points, fitted } = step.curves[clock];
  const standing = points[points.length - 1].survival;
  const known = points.filter(({ lower }) => !Number.isNaN(lower));
  return (
    <Figure
      label={`Share of images that stand, by ${clock}: ${(100 * standing).toFixed(0)} % after ${points[points.length - 1].time.toPrecision(3)}`}
      caption={`Kaplan and Meier's estimate with its 95 % band; ${step.failed} of ${step.attacked} broken.${fitted.length > 0 ? ' Dashed: the Weibull distribution that fits best.' : ''}`}
      options={(Plot) => ({
        height: 320,
        x: { label: clock === 'queries' ? 'Queries' : 'Seconds', labelAnchor: 'center', labelArrow: 'none' },
        y: { domain: [0, 1], label: 'Standing', labelArrow: 'none', tickFormat: '%' },
        marks: [
          Plot.gridY({ stroke: 'var(--rule)', strokeOpacity: 1 }),
          Plot.areaY(known, {
            x: 'time',
            y1: 'lower',
            y2: 'upper',
            curve: 'step-after',
            fill: 'var(--series-1)',
            fillOpacity: 0.18,
          }),
          Plot.lineY([{ time: 0, survival: 1 }, ...points], {
            x: 'time',
            y: 'survival',
            curve: 'step-after',
            stroke: 'var(--series-1)',
            strokeWidth: 2,
          }),
          Plot.lineY(fitted, {
            x: 'time',
            y: 'survival',
            stroke: 'var(--series-2)',
            strokeWidth: 2,
            strokeDasharray: '6 4',
          }),
        ],
      })}
    />
  );
}
