import { InvalidArgumentError } from 'commander';

/** The value of a flag that is a real number. */
export function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('It must be a number.');
  return value;
}

/** The values of a flag that takes numbers between commas. */
export const numbers = (text: string): number[] => text.split(',').map(number);
