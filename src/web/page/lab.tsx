import { useEffect, useState } from 'preact/hooks';
import type { Precision } from '../../models/index.ts';
import type { AttackRequest } from '../worker/attackImage.ts';
import type { ListedAttack } from '../worker/catalogue.ts';
import type { NetworkSource } from '../worker/networks.ts';
import { AttackForm, BEGINNING, type FormValues, settingsFrom } from './attackForm.tsx';
import { PrecisionField } from './fields/precisionField.tsx';
import { ImageAttack } from './imageAttack.tsx';
import { type ChosenImage, ImageChoice } from './imageChoice.tsx';
import { NetworkChoice, SHIPPED } from './networkChoice.tsx';
import { Problem } from './problem.tsx';
import { SurvivalOfMany } from './survivalOfMany.tsx';
import { useTask } from './useTask.ts';

/** What the form begins with, as text. */
const VALUES: FormValues = Object.fromEntries(
  Object.entries(BEGINNING.settings).map(([name, value]) => [name, String(value)]),
);

/** Attacks a network on an image, and on many. */
export function LabPage() {
  const attacks = useTask('attacks');
  const network = useTask('network');
  const [source, setSource] = useState<NetworkSource>(SHIPPED[0].source);
  const [precision, setPrecision] = useState<Precision>('f32');
  const [name, setName] = useState<string>(BEGINNING.attack);
  const [values, setValues] = useState<FormValues>(VALUES);
  const [image, setImage] = useState<ChosenImage | null>(null);
  useEffect(() => void attacks.run(null), []);
  useEffect(() => void network.run(source), [source]);

  const attack = attacks.result?.find((listed) => listed.name === name);
  const shape = network.result?.shape;
  function chooseAttack(chosen: string) {
    setName(chosen);
    // ε means the same to most; what else was set is another attack's.
    setValues(({ eps = '' }) => ({ eps }));
  }
  return (
    <>
      <h2>Lab</h2>
      <p>Choose a network, an image and an attack, and watch what each step does to the image and to the answer.</p>
      <NetworkChoice source={source} facts={network.result} onSource={setSource} />
      <Problem task={network} again={() => network.run(source)} />
      <Problem task={attacks} again={() => attacks.run(null)} />
      {shape && <ImageChoice shape={shape} image={image} onImage={setImage} />}
      {attacks.result && attack && (
        <AttackForm
          attacks={attacks.result}
          attack={attack}
          values={values}
          onAttack={chooseAttack}
          onValue={(setting, value) => setValues((set) => ({ ...set, [setting]: value }))}
        />
      )}
      <fieldset>
        <legend>Numbers</legend>
        <PrecisionField precision={precision} onPrecision={setPrecision} />
      </fieldset>
      {attack && shape && (
        <>
          {/* Steps of images of another size are not shown any longer. */}
          <ImageAttack
            key={shape.join()}
            shape={shape}
            image={image}
            request={requestOf(source, precision, attack, values)}
          />
          {shape.join() === '1,28,28' && <SurvivalOfMany request={requestOf(source, precision, attack, values)} />}
        </>
      )}
    </>
  );
}

const requestOf = (
  network: NetworkSource,
  precision: Precision,
  attack: ListedAttack,
  values: FormValues,
): AttackRequest => ({ network, precision, attack: attack.name, settings: settingsFrom(attack, values) });
