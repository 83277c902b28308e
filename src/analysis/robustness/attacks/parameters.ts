import type { NormName } from '../norms.ts';

/** What attacks can be told besides their strength, named as in ART where it has them. */
export interface AttackParameters {
  readonly maxIter: number;
  readonly numRandomInit: number;
  readonly decay: number;
  readonly targets: number;
  readonly numRestarts: number;
  readonly pInit: number;
  readonly squareIter: number;
  readonly epsilon: number;
  readonly nbGrads: number;
  readonly initEval: number;
  readonly maxEval: number;
  readonly initSize: number;
  readonly confidence: number;
  readonly learningRate: number;
  readonly initialConst: number;
  readonly binarySearchSteps: number;
  readonly largestConst: number;
  readonly decreaseFactor: number;
  readonly constFactor: number;
  readonly rounds: number;
  readonly es: 'de' | 'cma-es';
}

/** What an attack is told, and what it does where it is not told. */
interface AttackKind {
  /** How its strength is given; `optional eps`: without it every adversarial image is a success, however far. */
  readonly strength: 'eps' | 'optional eps' | 'th' | 'none';
  /** The norms of which one is chosen; a single one is the attack's own. L0 counts pixels. */
  readonly norms: readonly (NormName | '0')[];
  /** Whether it takes `epsStep`; a quarter of eps unless given. */
  readonly stepped: boolean;
  /** Of every parameter that it takes. */
  readonly defaults: Partial<AttackParameters>;
  /** It sees no gradient. */
  readonly blackBox: boolean;
}

/** Every attack by its name, with ART's and the authors' defaults. */
export const ATTACKS = {
  fgm: { strength: 'eps', norms: ['inf', '1', '2'], stepped: false, blackBox: false, defaults: {} },
  pgd: {
    strength: 'eps',
    norms: ['inf', '1', '2'],
    stepped: true,
    blackBox: false,
    defaults: { maxIter: 10, numRandomInit: 1 },
  },
  bim: { strength: 'eps', norms: ['inf'], stepped: true, blackBox: false, defaults: { maxIter: 10 } },
  mifgsm: {
    strength: 'eps',
    norms: ['inf', '1', '2'],
    stepped: true,
    blackBox: false,
    defaults: { maxIter: 10, decay: 1 },
  },
  'apgd-ce': {
    strength: 'eps',
    norms: ['inf', '2'],
    stepped: false,
    blackBox: false,
    defaults: { maxIter: 100, numRandomInit: 1 },
  },
  'apgd-dlr': {
    strength: 'eps',
    norms: ['inf', '2'],
    stepped: false,
    blackBox: false,
    defaults: { maxIter: 100, numRandomInit: 1 },
  },
  'apgd-t': {
    strength: 'eps',
    norms: ['inf', '2'],
    stepped: false,
    blackBox: false,
    defaults: { maxIter: 100, numRandomInit: 1, targets: 9 },
  },
  fab: {
    strength: 'optional eps',
    norms: ['inf', '1', '2'],
    stepped: false,
    blackBox: false,
    defaults: { maxIter: 100, numRestarts: 1, targets: 0 },
  },
  square: {
    strength: 'eps',
    norms: ['inf', '2'],
    stepped: false,
    blackBox: true,
    defaults: { maxIter: 5000, pInit: 0.8 },
  },
  autoattack: {
    strength: 'eps',
    norms: ['inf', '2'],
    stepped: false,
    blackBox: false,
    defaults: { maxIter: 100, squareIter: 5000 },
  },
  'random-noise': {
    strength: 'eps',
    norms: ['inf', '1', '2'],
    stepped: false,
    blackBox: true,
    defaults: { maxIter: 10 },
  },
  deepfool: {
    strength: 'none',
    norms: ['2'],
    stepped: false,
    blackBox: false,
    defaults: { maxIter: 100, epsilon: 1e-6, nbGrads: 10 },
  },
  'carlini-l2': {
    strength: 'none',
    norms: ['2'],
    stepped: false,
    blackBox: false,
    defaults: { confidence: 0, learningRate: 0.05, maxIter: 100, initialConst: 1, binarySearchSteps: 5 },
  },
  'carlini-linf': {
    strength: 'none',
    norms: ['inf'],
    stepped: false,
    blackBox: false,
    defaults: {
      confidence: 0,
      learningRate: 0.05,
      maxIter: 20,
      initialConst: 0.1,
      largestConst: 20,
      decreaseFactor: 0.9,
      constFactor: 2,
      rounds: 30,
    },
  },
  'carlini-l0': {
    strength: 'none',
    norms: ['0'],
    stepped: false,
    blackBox: false,
    defaults: { confidence: 0, learningRate: 0.1, maxIter: 20, initialConst: 1, largestConst: 1000, rounds: 30 },
  },
  hopskipjump: {
    strength: 'optional eps',
    norms: ['inf', '2'],
    stepped: false,
    blackBox: true,
    defaults: { maxIter: 50, initEval: 100, maxEval: 10000, initSize: 100 },
  },
  pixel: { strength: 'th', norms: ['0'], stepped: false, blackBox: true, defaults: { es: 'de', maxIter: 100 } },
  threshold: { strength: 'th', norms: ['inf'], stepped: false, blackBox: true, defaults: { es: 'de', maxIter: 100 } },
} satisfies Readonly<Record<string, AttackKind>>;

export type AttackName = keyof typeof ATTACKS;

export const ATTACK_NAMES = Object.keys(ATTACKS) as readonly AttackName[];

/** What is known of an attack, whichever it is. */
export const attackKind = (name: AttackName): AttackKind => ATTACKS[name];

/** What a study file calls a parameter: `maxIter` is `max_iter`. */
export const snakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
