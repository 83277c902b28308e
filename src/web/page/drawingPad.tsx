import { useRef } from 'preact/hooks';

const SIDE = 224;

/** A square to draw a digit on. @param props.onDrawn is given the canvas after every stroke */
export function DrawingPad({ onDrawn }: { readonly onDrawn: (canvas: HTMLCanvasElement) => void }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const drawing = useRef(false);
  const point = ({ offsetX, offsetY, currentTarget }: PointerEvent): [number, number] => {
    const scale = SIDE / (currentTarget as HTMLCanvasElement).clientWidth;
    return [offsetX * scale, offsetY * scale];
  };
  const context = () => canvas.current!.getContext('2d', { willReadFrequently: true })!;
  function begin(event: PointerEvent) {
    event.preventDefault();
    canvas.current!.setPointerCapture(event.pointerId);
    drawing.current = true;
    const pen = context();
    Object.assign(pen, { lineWidth: 16, lineCap: 'round', lineJoin: 'round', strokeStyle: 'white' });
    pen.beginPath();
    pen.moveTo(...point(event));
    move(event);
  }
  function move(event: PointerEvent) {
    if (!drawing.current) return;
    const pen = context();
    pen.lineTo(...point(event));
    pen.stroke();
  }
  function end() {
    if (!drawing.current) return;
    drawing.current = false;
    onDrawn(canvas.current!);
  }
  return (
    <div>
      <canvas
        ref={canvas}
        class="pad"
        width={SIDE}
        height={SIDE}
        role="img"
        aria-label="Drawing pad, for a mouse, a pen or a finger"
        onPointerDown={begin}
        onPointerMove={move}
        onPointerUp={end}
        onPointerCancel={end}
      />
      <button type="button" onClick={() => context().clearRect(0, 0, SIDE, SIDE)}>
        Clear
      </button>
    </div>
  );
}
