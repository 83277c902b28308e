/** The flags of `outlast attack` that choose attacks, their strengths and their settings. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  type AnySettings,
  ATTACK_NAMES,
  ATTACKS,
  type AttackName,
  type AttackSettings,
  attackNamed,
  completeSettings,
} from '../../analysis/robustness/index.ts';
import { InputError } from '../../base/errors.ts';
import { flagCase, listed } from '../../base/parameter.ts';
import { count } from '../flags/count.ts';
import { fraction } from '../flags/fraction.ts';
import { withParameterFlags } from '../flags/parameterFlags.ts';

/** Settings as they are given: several strengths, all else once. */
interface GivenSettings extends Omit<AttackSettings, 'eps' | 'th'> {
  readonly eps?: readonly number[];
  readonly th?: readonly number[];
}

export interface AttackChoice extends GivenSettings {
  readonly attack: readonly AttackName[];
  /** Whether the attacks are one, each on the images that withstood those before. */
  readonly bestOf?: boolean;
}

/** One attack at one strength. */
export interface PlannedAttack {
  readonly name: AttackName;
  /** All that it runs with. */
  readonly settings: AnySettings;
  /** Whether ε was not given and is the default of the norm. */
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
    .option(
      '--best-of',
      'make one attack of several: each is given the images that withstood those before, and an image has one record',
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
    .option(
      '--th <count>',
      'pixels of pixel, grey levels of threshold, or several between commas; 1 without it',
      (text) => listOf(text, count(1)),
    );
  return withParameterFlags(
    command,
    ATTACKS.map(({ name, settings: { norm: _, eps: __, th: ___, ...parameters } }) => ({ name, parameters })),
  );
}

/** The names of all that flags can set of an attack. */
const SETTINGS: ReadonlySet<string> = new Set(ATTACKS.flatMap(({ settings }) => Object.keys(settings)));

/** Those of some flags that are given and are among the names. */
const pick = (flags: object, names: Iterable<string>): GivenSettings => {
  const present = new Map(Object.entries(flags).filter(([, value]) => value !== undefined));
  return Object.fromEntries([...names].filter((name) => present.has(name)).map((name) => [name, present.get(name)]));
};

/**
 * The attacks that flags ask for: each name at each strength, all settings filled in. Of several attacks each takes the flags that it
 * knows; the norm holds for all.
 * @throws InputError when no attack takes a flag, an attack does not measure in the norm, or a value is out of its range
 */
export function plannedAttacks({ attack: names, bestOf: _, ...flags }: AttackChoice): readonly PlannedAttack[] {
  const given = pick(flags, SETTINGS);
  const strange = Object.keys(given).filter((setting) => !names.some((name) => setting in attackNamed(name).settings));
  if (names.length > 1 && strange.length > 0)
    throw new InputError(`attack: none of ${names.join(', ')} takes ${listed(strange.map(flagCase), 'or')}`);
  return names.flatMap((name) => {
    const attack = attackNamed(name);
    // A single attack is given all, so that what it does not take is refused.
    const taken = names.length > 1 ? pick(given, Object.keys(attack.settings)) : given;
    const { eps: distances = [undefined], th: counts = [undefined], ...rest } = taken;
    return distances.flatMap((eps) =>
      counts.map((th): PlannedAttack => {
        const settings = completeSettings(attack, { ...rest, eps, th }, flagCase);
        return { name, settings, hasDefaultEps: settings.eps !== undefined && eps === undefined };
      }),
    );
  });
}
