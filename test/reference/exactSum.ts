/** The meaning of exact sums stands with the fidelity suite, which is part of the program. */
export { exactSum } from '../../bench/fidelity/exactReferences.ts';
