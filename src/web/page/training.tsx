import { useEffect, useState } from 'preact/hooks';
import type { Precision } from '../../models/index.ts';
import type { TrainStep } from '../worker/trainNetwork.ts';
import { PrecisionField } from './fields/precisionField.tsx';
import { RunButtons } from './fields/runButtons.tsx';
import { Figure, loadPlot } from './figure.tsx';
import { Problem } from './problem.tsx';
import { useTask } from './useTask.ts';

const FIELDS = [
  { name: 'images', label: 'Training images', step: 1 },
  { name: 'epochs', label: 'Epochs', step: 1 },
  { name: 'learningRate', label: 'Learning rate', step: 'any' },
] as const;

/** Trains a small network from nothing, with its loss as it falls. */
export function TrainingPage() {
  const task = useTask('train');
  const [numbers, setNumbers] = useState({ images: 4000, epochs: 2, learningRate: 0.05 });
  const [precision, setPrecision] = useState<Precision>('f32');
  const [steps, setSteps] = useState<readonly TrainStep[]>([]);
  const now = steps[steps.length - 1];
  useEffect(() => void loadPlot(), []);
  async function train() {
    setSteps([]);
    await task.run({ ...numbers, precision }, (step) => setSteps((told) => [...told, step]));
  }
  return (
    <>
      <h2>Training</h2>
      <p>
        Trains a small convolutional network from drawn weights on digits of MNIST, on this device. The Lab can attack
        it then.
      </p>
      <fieldset>
        <legend>Training</legend>
        {FIELDS.map(({ name, label, step }) => (
          <label key={name}>
            {label}
            <input
              type="number"
              step={step}
              value={numbers[name]}
              onChange={({ currentTarget }) => setNumbers((set) => ({ ...set, [name]: Number(currentTarget.value) }))}
            />
          </label>
        ))}
        <PrecisionField precision={precision} onPrecision={setPrecision} />
        <RunButtons label="Train" task={task} onRun={train} />
      </fieldset>
      <p role="status">
        {task.running && now === undefined && 'Loading and compiling …'}
        {task.result &&
          `${task.result.interrupted ? 'Stopped' : 'Trained'} after ${task.result.seconds.toFixed(1)} s: ${(100 * task.result.accuracy).toFixed(1)} % of the test images are right.`}
      </p>
      {task.result && (
        <p>
          <a href="#lab">Attack it in the Lab</a>: choose “Trained here”.
        </p>
      )}
      <Problem task={task} again={train} />
      {now && (
        <>
          <p>
            <progress max={now.steps} value={now.step} aria-label="Batches of the training" /> {now.step} of {now.steps}{' '}
            batches, {now.imagesPerSecond.toFixed(0)} images a second
          </p>
          <Figure
            label={`Loss by batch: ${now.loss.toFixed(3)} after ${now.step} batches`}
            caption={`Loss, the mean over the epoch so far: ${now.loss.toFixed(3)}; ${(100 * now.accuracy).toFixed(1)} % of its images were right before their step.`}
            options={(Plot) => ({
              height: 280,
              x: { label: 'Batches', labelAnchor: 'center', labelArrow: 'none', domain: [0, now.steps] },
              y: { label: 'Loss', labelArrow: 'none', domain: [0, Math.max(2.5, ...steps.map(({ loss }) => loss))] },
              marks: [
                Plot.gridY({ stroke: 'var(--rule)', strokeOpacity: 1 }),
                Plot.lineY(steps, { x: 'step', y: 'loss', stroke: 'var(--series-1)', strokeWidth: 2 }),
              ],
            })}
          />
        </>
      )}
    </>
  );
}
