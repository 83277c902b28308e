import { entryOf, type OptionsOf, settingsOf } from '../../../base/catalogue.ts';
import type { Parameter, Parametrised } from '../../../base/parameter.ts';
import { mapValues } from '../../network/model.ts';
import { adam, adamw } from './adam.ts';
import type { OptimiserDefinition, Updated, UpdateInputs } from './optimiser.ts';
import { rmsprop } from './rmsprop.ts';
import { sgd } from './sgd.ts';

/** All optimisers: study files, flags, their help and the documentation follow from this list. */
export const OPTIMISERS = [sgd, adam, adamw, rmsprop] as const;

/** The optimisers with what commands and studies give them in place of PyTorch's defaults. */
export const USUAL_OPTIMISERS: readonly Parametrised[] = OPTIMISERS.map(
  ({ name, parameters, usual = {} }: OptimiserDefinition) => ({
    name,
    parameters: mapValues<Parameter, Parameter>(
      parameters,
      (parameter, key) => ({ ...parameter, default: usual[key] ?? parameter.default }) as Parameter,
    ),
  }),
);

export type OptimiserName = (typeof OPTIMISERS)[number]['name'];

/** An optimiser by its name, `sgd` unless given, with the parameters that it has; the others' are not looked at. */
export interface OptimiserOptions extends OptionsOf<(typeof OPTIMISERS)[number]> {
  readonly optimiser?: OptimiserName;
}

/** An optimiser whose parameters are decided. */
export interface Optimiser {
  /** What it remembers of each parameter, by PyTorch's names; zero before the first step. */
  readonly slots: readonly string[];
  /** Scalars that change from step to step. @param step from 1 */
  rates(learningRate: number, step: number): Readonly<Record<string, number>>;
  update(inputs: UpdateInputs): Updated;
}

/** The optimiser of these options. @throws InputError when there is none of this name */
export function optimiserOf(options: OptimiserOptions): Optimiser {
  const optimiser: OptimiserDefinition = entryOf('optimiser', OPTIMISERS, options.optimiser ?? 'sgd');
  const settings = settingsOf(optimiser, { ...options });
  return {
    slots: optimiser.slots(settings),
    rates: (learningRate, step) => optimiser.rates(learningRate, step, settings),
    update: (inputs) => optimiser.update(inputs, settings),
  };
}
