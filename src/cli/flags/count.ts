import { InvalidArgumentError } from 'commander';

/** What no count of a command line exceeds: more would not end, or not fit in memory. */
const MOST = 1e9;

/** Reads a flag that counts something: a whole number in digits, or as 1e6. */
export function count(least: number, most: number = MOST): (text: string) => number {
  return (text) => {
    const value = /^\d+(e\d+)?$/i.test(text.trim()) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    const range = value > most ? `${least} to ${most}` : least;
    throw new InvalidArgumentError(`It must be a whole number from ${range}.`);
  };
}
