import type { NetworkFacts, NetworkSource } from '../worker/networks.ts';
import { FileDrop } from './fields/fileDrop.tsx';

/** Networks that come with the page. */
export const SHIPPED = [
  { title: 'CNN, trained on MNIST', source: { kind: 'shipped', name: 'mnist-cnn.safetensors' } },
] as const satisfies readonly { readonly title: string; readonly source: NetworkSource }[];

interface NetworkChoiceProps {
  readonly source: NetworkSource;
  readonly facts: NetworkFacts | undefined;
  onSource(source: NetworkSource): void;
}

/** Chooses the network that is attacked. */
export function NetworkChoice({ source, facts, onSource }: NetworkChoiceProps) {
  const value = source.kind === 'shipped' ? source.name : source.kind;
  function choose(chosen: string) {
    const shipped = SHIPPED.find((one) => one.source.name === chosen);
    if (shipped !== undefined) onSource(shipped.source);
    else if (chosen === 'trained') onSource({ kind: 'trained' });
  }
  return (
    <fieldset>
      <legend>Network</legend>
      <label>
        Attacked
        <select value={value} onChange={({ currentTarget }) => choose(currentTarget.value)}>
          {SHIPPED.map((shipped) => (
            <option key={shipped.source.name} value={shipped.source.name}>
              {shipped.title}
            </option>
          ))}
          <option value="trained">Trained here (see Training)</option>
          {source.kind === 'file' && <option value="file">{source.file.name}</option>}
        </select>
      </label>
      <FileDrop
        label="Or a file of yours, ONNX or safetensors; drop it here"
        accept=".onnx,.safetensors"
        onFile={(file) => onSource({ kind: 'file', file })}
      />
      {facts && (
        <span>
          {facts.parameters.toLocaleString('en')} parameters, images of {facts.shape.join(' × ')}
        </span>
      )}
    </fieldset>
  );
}
