import { ONNX_OPERATORS } from '../../models/index.ts';
import { markdownTable } from '../program/markdown.ts';

/** The operators of ONNX that are read, as a table of the documentation. */
export const operatorTable = (): string =>
  markdownTable(
    ['operator', 'opsets', 'not read'],
    [...ONNX_OPERATORS]
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ name, since, without = '' }) => [`\`${name}\``, `from ${since[0]}`, without]),
  );
