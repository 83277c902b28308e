import type { Parameter } from '../../base/parameter.ts';
import type { ListedAttack } from '../worker/catalogue.ts';

/** The attack that forms begin with: MNIST's usual one (Madry et al., arXiv 1706.06083), in fewer steps. */
export const BEGINNING = { attack: 'pgd', settings: { eps: 0.2, maxIter: 20, epsStep: 0.03 } } as const;

/** What the visitor set of an attack, as text; nothing where the default holds. */
export type FormValues = Readonly<Record<string, string>>;

interface AttackFormProps {
  readonly attacks: readonly ListedAttack[];
  readonly attack: ListedAttack;
  readonly values: FormValues;
  onAttack(name: string): void;
  onValue(setting: string, value: string): void;
}

/** Settings that stand beside the attack; all others are folded away. */
const USUAL = ['norm', 'eps', 'th', 'maxIter'];

const LABELS: Readonly<Record<string, string>> = { norm: 'Norm', eps: 'ε', th: 'Threshold', maxIter: 'Steps' };

/** Chooses an attack of the catalogue, and what can be set of it. */
export function AttackForm({ attacks, attack, values, onAttack, onValue }: AttackFormProps) {
  const settings = Object.entries(attack.settings);
  const field = ([name, parameter]: [string, Parameter]) => (
    <Setting
      key={`${attack.name} ${name}`}
      name={LABELS[name] ?? name}
      parameter={parameter}
      value={values[name] ?? ''}
      onValue={(value) => onValue(name, value)}
    />
  );
  const others = settings.filter(([name]) => !USUAL.includes(name));
  return (
    <fieldset>
      <legend>Attack</legend>
      <label>
        Method
        <select value={attack.name} onChange={({ currentTarget }) => onAttack(currentTarget.value)}>
          {attacks.map(({ name, title }) => (
            <option key={name} value={name}>
              {title}
            </option>
          ))}
        </select>
      </label>
      {settings.filter(([name]) => USUAL.includes(name)).map(field)}
      {others.length > 0 && (
        <details>
          <summary>More of this attack</summary>
          <div class="fields">{others.map(field)}</div>
        </details>
      )}
    </fieldset>
  );
}

interface SettingProps {
  readonly name: string;
  readonly parameter: Parameter;
  readonly value: string;
  onValue(value: string): void;
}

function Setting({ name, parameter, value, onValue }: SettingProps) {
  const choices =
    parameter.kind === 'choice'
      ? parameter.choices.map(String)
      : parameter.kind === 'boolean'
        ? ['true', 'false']
        : null;
  if (choices === null)
    return (
      <label title={parameter.about}>
        {name}
        <input
          type="number"
          step="any"
          value={value}
          placeholder={parameter.default === undefined ? '' : String(parameter.default)}
          onInput={({ currentTarget }) => onValue(currentTarget.value)}
        />
      </label>
    );
  return (
    <label title={parameter.about}>
      {name}
      <select
        value={value === '' ? String(parameter.default) : value}
        onChange={({ currentTarget }) => onValue(currentTarget.value)}
      >
        {choices.map((choice) => (
          <option key={choice} value={choice}>
            {choice === 'inf' ? 'L∞' : name === 'Norm' ? `L${choice}` : choice}
          </option>
        ))}
      </select>
    </label>
  );
}

/** The settings that the form's texts stand for; the worker checks them. */
export function settingsFrom(
  { settings }: ListedAttack,
  values: FormValues,
): Record<string, string | number | boolean> {
  return Object.fromEntries(
    Object.entries(settings).flatMap(([name, { kind, ...parameter }]): [string, string | number | boolean][] => {
      const text = values[name] ?? '';
      if (text === '') return [];
      if (kind === 'boolean') return [[name, text === 'true']];
      const words = 'choices' in parameter && parameter.choices.some((choice) => choice === text);
      return [[name, words ? text : Number(text)]];
    }),
  );
}
