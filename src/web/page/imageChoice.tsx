import { useEffect, useState } from 'preact/hooks';
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

  async function choose(number: number) {
    setIndex(number);
    const result = await digit.run(number);
    if (result) onImage({ pixels: result.image, label: result.label });
  }
  async function take(file: File) {
    setProblem('');
    try {
      onImage({ pixels: await filePixels(file, shape), label: null });
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  }
  useEffect(() => {
    if (isDigits) void choose(index);
    else onImage(null);
  }, [isDigits, shape.join()]);
  return (
    <fieldset>
      <legend>Image</legend>
      {image && image.pixels.length === shape[0] * shape[1] * shape[2] && (
        <Picture
          pixels={image.pixels}
          shape={shape}
          caption={image.label === null ? 'Your image' : `Test image ${index}, class ${image.label}`}
        />
      )}
      {isDigits && (
        <label>
          Test image
          <input
            type="number"
            min={0}
            max={(digit.result?.of ?? 1) - 1}
            value={index}
            onChange={({ currentTarget }) => choose(Math.max(0, Math.trunc(Number(currentTarget.value))))}
          />
        </label>
      )}
      {isDigits && (
        <div>
          <span id="draw">Or draw a digit</span>
          <DrawingPad
            onDrawn={(canvas) => {
              const pixels = strokePixels(canvas, shape);
              if (pixels !== null) onImage({ pixels, label: null });
            }}
          />
        </div>
      )}
      <FileDrop label="Or a picture of yours; drop it here" accept="image/*" onFile={take} />
      <p role="alert">{problem || digit.error?.message}</p>
    </fieldset>
  );
}
