import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { InputError } from '../../src/base/errors.ts';
import { buildNetwork, initialWeights, NETWORKS, type NetworkOptions, toOnnx } from '../../src/models/index.ts';
import { isOnnx } from '../../src/models/open.node.ts';

const run = promisify(execFile);

/** Two networks of ONNX's package, and one that outlast writes: the architectures that exporters are tried with first. */
export const USUAL_NETWORKS = ['light_resnet50', 'light_squeezenet', 'mobilenet-v2'] as const;

/** Sides of the images of ImageNet. */
const SIDE = 224;

/**
 * The ONNX files of names: a path as it is; `light_…`, of ONNX's Python package; a member of a family, written with random weights and
 * batch norm folded, as exporters do.
 * @param python a Python that has ONNX
 * @param folder for what is written
 * @throws InputError for a name that is none
 */
export async function networkFile(name: string, python: string, folder: string): Promise<string> {
  if (isOnnx(name)) return name;
  if (name.startsWith('light_')) return packagedFile(name, python);
  const path = join(folder, `${name}.onnx`);
  await writeFile(path, writtenNetwork(name));
  return path;
}

async function packagedFile(name: string, python: string): Promise<string> {
  const find = `import onnx.backend.test as t, os; print(os.path.join(os.path.dirname(t.__file__), "data", "light", "${name}.onnx"))`;
  try {
    return (await run(python, ['-c', find])).stdout.trim();
  } catch {
    throw new InputError(
      `bench networks: ${name} is of ONNX's Python package, which ${python} does not have; --python or OUTLAST_PYTHON names one that has`,
    );
  }
}

function writtenNetwork(name: string): Uint8Array {
  const family = NETWORKS.find(({ members }) => Object.hasOwn(members, name));
  if (family === undefined)
    throw new InputError(
      `bench networks: "${name}" is no .onnx file, none of ONNX's light_* and no member of a family; ${USUAL_NETWORKS.join(', ')} are measured unless given`,
    );
  const members: Readonly<Record<string, object>> = family.members;
  const ends = { inChannels: 3, classes: 1000, ...('sized' in family && { imageSize: [SIDE, SIDE] }) };
  const model = buildNetwork({ family: family.name, ...members[name], ...ends } as NetworkOptions);
  return toOnnx(model, initialWeights(model, 0), { images: [3, SIDE, SIDE], batchNorm: 'folded' });
}
