import { useEffect, useState } from 'preact/hooks';
import type { ImageShape } from '../../models/index.ts';
import type { AttackRequest, ImageOutcome, ImageStep } from '../worker/attackImage.ts';
import { Answers, likeliest } from './answers.tsx';
import { RunButtons } from './fields/runButtons.tsx';
import type { ChosenImage } from './imageChoice.tsx';
import { Picture, tenfold } from './picture.tsx';
import { Problem } from './problem.tsx';
import { useTask } from './useTask.ts';

interface ImageAttackProps {
  readonly shape: ImageShape;
  readonly image: ChosenImage | null;
  readonly request: AttackRequest;
}

/** Attacks one image and shows every step. */
export function ImageAttack({ shape, image, request }: ImageAttackProps) {
  const task = useTask('attackImage');
  const [steps, setSteps] = useState<readonly ImageStep[]>([]);
  const [shown, setShown] = useState<number | null>(null);
  const fits = image !== null && image.pixels.length === shape[0] * shape[1] * shape[2];

  async function attack() {
    if (!fits) return;
    setSteps([]);
    setShown(null);
    await task.run({ ...request, image: image.pixels, label: image.label }, (step) =>
      setSteps((told) => [...told, step]),
    );
  }
  const place = Math.min(shown ?? steps.length - 1, steps.length - 1);
  const [first, now] = [steps[0], steps[place]];
  const { result } = task;
  return (
    <>
      <h3>One image</h3>
      <p>
        <RunButtons label="Attack the image" task={task} ready={fits} onRun={attack} />
      </p>
      <p class="verdict" role="status">
        {task.running && steps.length === 0 && 'Compiling …'}
        {result && verdict(result)}
      </p>
      <Problem task={task} again={attack} />
      {result?.warnings.map((warning) => (
        <p class="warnings" key={warning}>
          {warning}
        </p>
      ))}
      {now && (
        <>
          <label>
            Step {now.step}
            {now.steps > 0 && ` of ${now.steps}`}: the network answers {likeliest(now.logits)}
            <input
              type="range"
              min={0}
              max={steps.length - 1}
              value={place}
              aria-label="Step that is shown"
              onInput={({ currentTarget }) => setShown(Number(currentTarget.value))}
            />
          </label>
          <div class="pictures">
            <Picture pixels={first.image} shape={shape} caption="Image" />
            <Picture pixels={tenfold(now.image, first.image)} shape={shape} caption="Perturbation, tenfold" />
            <Picture pixels={now.image} shape={shape} caption={`Image after step ${now.step}`} />
            <Answers before={first.logits} now={now.logits} />
          </div>
        </>
      )}
      {result && <ResultFile request={request} original={first.image} result={result} />}
    </>
  );
}

function verdict({ record, logits }: ImageOutcome): string {
  const { label, success, firstStep, cost, distances, misclassifiedBefore } = record;
  if (misclassifiedBefore)
    return `The network was wrong before any attack: it answers ${likeliest(logits)} in place of ${label}.`;
  const spent = `${cost.queries} ${cost.queries === 1 ? 'query' : 'queries'} and ${cost.gradients} gradients`;
  if (!success) return `The image withstood: it still counts as ${label} after ${spent}.`;
  const moved = `L∞ ${distances.linf.toFixed(3)}, L2 ${distances.l2.toFixed(2)}, ${distances.l0} pixels`;
  return `Broken at step ${firstStep} after ${spent}: the network answers ${likeliest(logits)} in place of ${label}. Moved by ${moved}.`;
}

interface ResultFileProps {
  readonly request: AttackRequest;
  /** The image before the attack. */
  readonly original: Float32Array;
  readonly result: ImageOutcome;
}

/** The result as a file that programs read. */
function ResultFile({ request, original, result }: ResultFileProps) {
  const [address, setAddress] = useState<string>();
  useEffect(() => {
    const { network: _, ...asked } = request;
    const pixels = { original: [...original], image: [...result.image] };
    const text = JSON.stringify({ ...asked, ...result, ...pixels, logits: [...result.logits] });
    const made = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [result]);
  return (
    <p>
      <a href={address} download="attack.json">
        The result as JSON
      </a>
      , with every pixel of both images.
    </p>
  );
}
