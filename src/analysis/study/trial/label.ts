import { snakeCase } from '../../../base/parameter.ts';
import {
  describedTraining,
  familyOf,
  labelNetwork,
  TRAINING_PARAMETERS,
  type TrainingSpec,
} from '../../../models/index.ts';
import { type AttackSpec, attackNamed, type DefenceSpec, defenceLabels } from '../../robustness/index.ts';
import type { Study } from '../file/schema.ts';
import { fileLabel, isStoredModel, type ModelSpec, type StoredModelSpec } from './storedModel.ts';
import type { TrainTrial, Trial } from './trial.ts';

/** Short names for the parts of a study: the plain name, and those parameters that tell it from its namesakes. */
export interface Labels {
  /** `ResNet-18`; with several widths `ResNet-18, width 16`. */
  model(spec: ModelSpec): string;
  /** The model of a training; with several data sets `mnist ResNet-18`, with several trainings `ResNet-18, epochs 10`. */
  trained(trial: TrainTrial): string;
  /** `feature-squeezing`; with several depths of bits `feature-squeezing, bit_depth 4`. */
  defence(spec: DefenceSpec): string;
  /** `pgd`, whatever its strength; with several norms `pgd, norm 2`. */
  attack(spec: AttackSpec): string;
}

type Parameters = Readonly<Record<string, string>>;

export function labelsOf(study: Pick<Study, 'data' | 'models' | 'trainings' | 'defences' | 'attacks'>): Labels {
  const model = labeller(study.models, labelModel, modelParameters);
  const training = labeller(study.trainings, () => '', trainingParameters);
  const trained = (trial: TrainTrial) => {
    const source = study.data.length > 1 ? `${trial.data.name} ` : '';
    return `${source}${model(trial.model)}${trial.training === null ? '' : training(trial.training)}`;
  };
  return {
    model,
    trained,
    defence: labeller(study.defences, ({ name }) => name, defenceLabels),
    attack: labeller(study.attacks, ({ name }) => name, attackParameters),
  };
}

/** One line for a trial by itself: `train ResNet-18, none`, `read wrn28-10` or `pgd eps 0.1 on ResNet-18, feature-squeezing`. */
export function describeTrial(trial: Trial, labels: Labels): string {
  if (trial.kind === 'train')
    return trial.training === null
      ? `read ${labels.trained(trial)}`
      : `train ${labels.trained(trial)}, ${labels.defence(trial.defence)}`;
  const { attack, train, defence } = trial;
  const { eps, th } = attack;
  const ofEps = eps === undefined ? '' : ` eps ${Number(eps.toPrecision(4))}`;
  const strength = th === undefined ? ofEps : ` th ${th}`;
  const name = trial.control === true ? `control by ${attack.name}, norm ${attack.norm}` : labels.attack(attack);
  return `${name}${strength} on ${labels.trained(train)}, ${labels.defence(defence)}`;
}

/** What a network is called, or a file. */
export const labelModel = (spec: ModelSpec): string => (isStoredModel(spec) ? fileLabel(spec) : labelNetwork(spec));

function modelParameters(model: ModelSpec): Parameters {
  if (isStoredModel(model)) return fileParameters(model);
  const { family, precision, ...spec } = model;
  const values: Readonly<Record<string, unknown>> = spec;
  const { parameters } = familyOf(family);
  const texts = Object.entries(parameters).map(([name, { kind }]) => {
    const [words, value] = [snakeCase(name).replaceAll('_', ' '), values[name]];
    if (kind === 'boolean') return [name, value ? words : `no ${words}`];
    return [name, typeof value === 'string' ? `${value} ${words}` : `${words} ${value}`];
  });
  return { ...Object.fromEntries(texts), precision };
}

/** What tells a file from its namesakes: what is in it, its precision, and how images enter it. */
function fileParameters(model: StoredModelSpec): Parameters {
  const { sha256, precision, normalisation } = model;
  const { range = '0..1', order = 'rgb', layout = 'layout of the file' } = model.family === 'onnx' ? model : {};
  const normalised =
    normalisation === undefined
      ? 'no normalisation'
      : `mean ${normalisation.mean.join(' ')}, std ${normalisation.standardDeviation.join(' ')}`;
  return { sha256: sha256.slice(0, 8), range, order, layout, normalisation: normalised, precision };
}

function trainingParameters(spec: TrainingSpec): Parameters {
  const described = describedTraining(spec);
  const names = Object.keys(TRAINING_PARAMETERS).filter((name) => described[name] !== undefined);
  return Object.fromEntries(names.map((name) => [snakeCase(name), `${snakeCase(name)} ${described[name]}`]));
}

/** The strength is no part of the name: a group of attacks is the same attack at several strengths. */
function attackParameters(spec: AttackSpec): Parameters {
  const { name, norm, eps = 0, epsStep } = spec;
  const parameters: Record<string, string> = {};
  if (norm !== undefined) parameters.norm = `norm ${norm}`;
  if (epsStep !== undefined) parameters.eps_step = `eps_step ${epsStep === eps / 4 ? 'eps/4' : epsStep}`;
  const attack = attackNamed(name);
  const values = spec as Readonly<Record<string, unknown>>;
  for (const key of Object.keys(attack.parameters))
    parameters[snakeCase(key)] =
      values[key] === undefined ? `no ${snakeCase(key)}` : `${snakeCase(key)} ${values[key]}`;
  parameters.expectation_samples = `expectation_samples ${spec.expectationSamples ?? 1}`;
  if (attack.strength === 'optional eps') parameters.within = spec.eps === undefined ? 'any distance' : 'bounded';
  return parameters;
}

function labeller<T>(
  specs: readonly T[],
  base: (spec: T) => string,
  parameters: (spec: T) => Parameters,
): (spec: T) => string {
  return (spec) => {
    const namesakes = specs.filter((other) => base(other) === base(spec)).map(parameters);
    const telling = Object.entries(parameters(spec)).filter(([key, text]) =>
      namesakes.some((other) => other[key] !== text),
    );
    return [base(spec), ...telling.map(([, text]) => text)].join(', ');
  };
}
