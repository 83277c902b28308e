/** The flags of `outlast attack` that choose attacks, their strengths and their settings. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  ATTACK_NAMES,
  type AttackName,
  type AttackSettings,
  checkDistance,
  completeSettings,
  type NormName,
  type SettingName,
  settingsTaken,
} from '../../analysis/robustness/index.ts';
import { InputError } from '../../base/errors.ts';
import { fraction } from '../flags/fraction.ts';
import { wholeNumber } from '../flags/modelFlags.ts';

/** Settings as they are given: several strengths, all else once. */
interface GivenSettings extends Omit<AttackSettings, 'eps' | 'th'> {
  readonly eps?: readonly number[];
  readonly th?: readonly number[];
}

export interface AttackChoice extends GivenSettings {
  readonly attack: readonly AttackName[];
}

/** One attack at one strength. */
export interface PlannedAttack {
  readonly name: AttackName;
  /** All that it runs with. */
  readonly settings: ReturnType<typeof completeSettings>;
  /** Whether ε was not given and is `DEFAULT_EPS` of the norm. */
  readonly hasDefaultEps: boolean;
}

/** Words between commas, each once. @throws InvalidArgumentError when one is empty or comes twice */
function listOf<T>(text: string, parse: (word: string) => T): T[] {
  const values = text.split(',').map((word) => parse(word.trim()));
  const twice = values.find((value, i) => values.indexOf(value) !== i);
  if (twice !== undefined) throw new InvalidArgumentError(`${twice} is listed twice.`);
  return values;
}

function attackName(word: string): AttackName {
  const name = ATTACK_NAMES.find((each) => each === word);
  if (name === undefined) throw new InvalidArgumentError(`Allowed choices are ${ATTACK_NAMES.join(', ')}.`);
  return name;
}

function fromZero(text: string): number {
  if (text.trim() === '0') return 0;
  return wholeNumber(text);
}

/** The settings that are one value of a flag each: what stands for the value, what it is, and how it is read. */
const SETTINGS: {
  readonly [S in Exclude<SettingName, 'norm' | 'eps' | 'th' | 'es'>]: readonly [
    string,
    string,
    (text: string) => number,
  ];
} = {
  epsStep: ['distance', 'length of a step; a quarter of eps without it', fraction],
  maxIter: ['count', "steps; the attack's own number without it", fromZero],
  numRandomInit: ['count', 'random starts', fromZero],
  decay: ['share', "share of MI-FGSM's velocity that is kept", fraction],
  targets: ['count', 'other classes that are aimed at', fromZero],
  numRestarts: ['count', 'starts of FAB', wholeNumber],
  pInit: ['share', "share of the image that Square's first squares cover", fraction],
  squareIter: ['count', 'queries of the Square attack in AutoAttack', wholeNumber],
  epsilon: ['share', 'how much longer the last step of DeepFool is (not ε)', fraction],
  nbGrads: ['count', 'classes that DeepFool looks at', wholeNumber],
  initEval: ['count', "queries for HopSkipJump's first gradient", wholeNumber],
  maxEval: ['count', 'most queries for one of its gradients', wholeNumber],
  initSize: ['count', 'random images that it tries to begin with', wholeNumber],
  confidence: ['logits', 'by how much another logit must be ahead in Carlini-Wagner', fraction],
  learningRate: ['rate', "of Carlini-Wagner's Adam", fraction],
  initialConst: ['weight', 'its first weight of misclassification against distance', fraction],
  binarySearchSteps: ['count', 'weights that its L2 tries', wholeNumber],
  largestConst: ['weight', 'largest weight that its L∞ and L0 try', fraction],
  decreaseFactor: ['share', 'what its L∞ lowers its bound to after a success', fraction],
  constFactor: ['factor', 'what its L∞ multiplies the weight by', fraction],
  rounds: ['count', 'bounds or choices of places that its L∞ and L0 try', wholeNumber],
};

/** How a setting is given on the command line: `--max-iter`. */
const flagOf = (setting: SettingName): string =>
  `--${setting.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** Adds the flags of `AttackChoice`. */
export function withAttackFlags(command: Command): Command {
  command
    .addOption(
      // The choices are for the shell's completion; between commas there may be several.
      new Option('--attack <name>', 'which attack, or several between commas')
        .choices(ATTACK_NAMES)
        .argParser((text) => listOf(text, attackName))
        .default(['pgd']),
    )
    .addOption(
      new Option('--norm <norm>', "how distance is measured; without it inf, or the attack's own").choices([
        'inf',
        '1',
        '2',
        '0',
      ]),
    )
    .option(
      '--eps <distance>',
      'largest distance, or several between commas, in units of the pixel range, as 0.1 or 8/255; without it 8/255 in inf, 0.5 in 2, 12 in 1',
      (text) => listOf(text, fraction),
    )
    .option('--th <count>', 'pixels of the Pixel attack, grey levels of the Threshold attack; 1 without it', (text) =>
      listOf(text, wholeNumber),
    );
  for (const [setting, [value, text, parse]] of Object.entries(SETTINGS))
    command.option(`${flagOf(setting as SettingName)} <${value}>`, text, parse);
  return command.addOption(
    new Option('--es <strategy>', 'evolution strategy of Pixel and Threshold').choices(['de', 'cma-es']),
  );
}

/** Those of some settings that are given and are among the names. */
const pick = (settings: GivenSettings, names: readonly SettingName[]): GivenSettings =>
  Object.fromEntries(names.filter((name) => settings[name] !== undefined).map((name) => [name, settings[name]]));

const ALL_SETTINGS: readonly SettingName[] = ['norm', 'eps', 'th', ...(Object.keys(SETTINGS) as SettingName[]), 'es'];

/**
 * The attacks that flags ask for: each name at each strength, all settings filled in. Of several attacks each takes the flags that it
 * knows; the norm holds for all.
 * @throws InputError when no attack takes a flag, an attack does not measure in the norm, or a distance is impossible
 */
export function plannedAttacks({ attack: names, ...flags }: AttackChoice): readonly PlannedAttack[] {
  const given = pick(flags, ALL_SETTINGS);
  const strange = (Object.keys(given) as SettingName[]).filter(
    (setting) => !names.some((name) => settingsTaken(name).includes(setting)),
  );
  if (names.length > 1 && strange.length > 0)
    throw new InputError(`attack: none of ${names.join(', ')} takes ${strange.map(flagOf).join(' or ')}`);
  return names.flatMap((name) => {
    // A single attack is given all, so that what it does not take is refused.
    const own = names.length > 1 ? pick(given, settingsTaken(name)) : given;
    const { eps: distances = [undefined], th: counts = [undefined], ...rest } = own;
    return distances.flatMap((eps) =>
      counts.map((th): PlannedAttack => {
        const settings = completeSettings(name, { ...rest, eps, th }, flagOf);
        if (settings.eps !== undefined) checkDistance(name, 'eps', settings.eps, settings.norm as NormName);
        return { name, settings, hasDefaultEps: settings.eps !== undefined && eps === undefined };
      }),
    );
  });
}
