import { InvalidArgumentError } from 'commander';

/** The value of a flag that is a number, or a fraction as in 8/255. */
export function fraction(text: string): number {
  const [above, below = '1', ...more] = text.split('/');
  const value = Number(above) / Number(below);
  if (more.length > 0 || above.trim() === '' || !Number.isFinite(value))
    throw new InvalidArgumentError('It must be a number or a fraction such as 8/255.');
  return value;
}
