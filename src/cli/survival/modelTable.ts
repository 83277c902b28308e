import { SURVIVAL_MODELS } from '../../analysis/survival/index.ts';
import { markdownTable } from '../program/markdown.ts';

/** The survival models, as docs/survival.md lists them. */
export const survivalModelTable = (): string =>
  markdownTable(
    ['`--model`, `survival.model`', 'model', 'parameters', 'exp(coef) is a', 'as', '`auto`'],
    SURVIVAL_MODELS.map(({ name, title, baseline, ratio, source, auto }) => [
      `\`${name}\``,
      title,
      baseline,
      ratio,
      source,
      auto ? 'yes' : '',
    ]),
  );
