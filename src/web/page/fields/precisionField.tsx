import { PRECISIONS, type Precision } from '../../../models/index.ts';

interface PrecisionFieldProps {
  readonly precision: Precision;
  onPrecision(precision: Precision): void;
}

/** Chooses the number format that a network computes in. */
export function PrecisionField({ precision, onPrecision }: PrecisionFieldProps) {
  return (
    <label>
      Precision
      <select value={precision} onChange={({ currentTarget }) => onPrecision(currentTarget.value as Precision)}>
        {PRECISIONS.map((format) => (
          <option key={format}>{format}</option>
        ))}
      </select>
    </label>
  );
}
