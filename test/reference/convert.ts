/** The meaning of conversions stands with the fidelity suite, which is part of the program. */
export { converted } from '../../bench/fidelity/conversions.ts';
