import { useEffect, useRef, useState } from 'preact/hooks';
import type { ImageShape } from '../../models/index.ts';
import { DrawingPad } from './drawingPad.tsx';
import { filePixels, strokePixels } from './drawnPixels.ts';
import { FileDrop } from './fields/fileDrop.tsx';
import { Picture } from './picture.tsx';
import { useTask } from './useTask.ts';

/** An image to attack. */
export interface ChosenImage {
  /** [C · H · W], in [0, 1]. */
  readonly pixels: Float32Array;
  /** The true class; null where nobody tells. */
  readonly label: number | null;
}

interface ImageChoiceProps {
  readonly shape: ImageShape;
  readonly image: ChosenImage | null;
  onImage(image: ChosenImage | null): void;
}

/** Chooses the image that is attacked: a test image, a drawing, or a file. */
export function ImageChoice({ shape, image, onImage }: ImageChoiceProps) {
  const digit = useTask('digit');
  const [index, setIndex] = useState(0);
  const [problem, setProblem] = useState('');
  const isDigits = shape.join() === '1,28,28';

  // What is chosen last counts, whichever comes first.
  const choices = useRef(0);
  function choose(chosen: ChosenImage | null) {
    choices.current++;
    onImage(chosen);
  }
  async function chooseDigit(number: number) {
    setIndex(number);
    const own = ++choices.current;
    const result = await digit.run(number);
    if (result && own === choices.current) onImage({ pixels: result.image, label: result.label });
  }
  async function take(file: File) {
    setProblem('');
    const before = choices.current;
    try {
      const pixels = await filePixels(file, shape);
      if (before === choices.current) choose({ pixels, label: null });
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  }
  useEffect(() => {
    if (isDigits) void chooseDigit(index);
    else choose(null);
  }, [isDigits, shape.join()]);
  return (
    <fieldset>
      <legend>Image</legend>
      {isDigits && (
        <label>
          Test image
          <input
            type="number"
            min={0}
            max={(digit.result?.of ?? 1) - 1}
            value={index}
            onChange={({ currentTarget }) => chooseDigit(Math.max(0, Math.trunc(Number(currentTarget.value))))}
          />
        </label>
      )}
      {isDigits && (
        <div>
          <span id="draw">Or draw a digit</span>
          <DrawingPad
            onDrawn={(canvas) => {
              const pixels = strokePixels(canvas, shape);
              if (pixels !== null) choose({ pixels, label: null });
            }}
          />
        </div>
      )}
      <FileDrop label="Or a picture of yours; drop it here" accept="image/*" onFile={take} />
      <p role="alert">{problem || digit.error?.message}</p>
      {/* Below the pad: an image that comes late must not move it away from under a pen. */}
      {image && image.pixels.length === shape[0] * shape[1] * shape[2] && (
        <Picture
          pixels={image.pixels}
          shape={shape}
          caption={image.label === null ? 'Your image' : `Test image ${index}, class ${image.label}`}
        />
      )}
    </fieldset>
  );
}
