import { useState } from 'preact/hooks';

interface FileDropProps {
  /** What to drop, as the field's label says it. */
  readonly label: string;
  /** As of `input`: `image/*`, `.json`. */
  readonly accept: string;
  onFile(file: File): void;
}

/** A field for a file, and around it a place to drop one. */
export function FileDrop({ label, accept, onFile }: FileDropProps) {
  const [isOver, setOver] = useState(false);
  const take = (files: FileList | null | undefined) => files?.[0] && onFile(files[0]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is a second way to the field inside
    <div
      class={isOver ? 'drop over' : 'drop'}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        take(event.dataTransfer?.files);
      }}
    >
      <label>
        {label}
        <input type="file" accept={accept} onChange={({ currentTarget: { files } }) => take(files)} />
      </label>
    </div>
  );
}
