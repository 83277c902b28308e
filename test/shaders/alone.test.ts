import { describe, expect, test } from 'vitest';
import { type StructInfo, WgslReflect } from 'wgsl_reflect/wgsl_reflect.module.js';
import { outlineOf } from '../../src/engine/kernels/outline.ts';
import { expandWgsl } from '../../src/engine/kernels/wgsl.ts';
import { shaders } from '../../src/shaders/all.ts';
import { useDevice } from '../support/checkOp.ts';

const device = useDevice();

/** Files that are no WGSL without declarations of the files that use them, and what these declare. */
const OF_THEIR_USERS: Readonly<Record<string, string>> = {
  'batchNorm/channel.wgsl': 'Unit, Flags, sizes',
  'conv2d/normalised.wgsl': 'sizes',
  'conv2d/biased.wgsl': 'sizes',
  'conv2d/winograd.f32.wgsl': 'Line, Pixels, Taps',
  'conv2d/winograd.f32x2.wgsl': 'Line, Pixels, Taps',
  'elementwise/cast.wgsl': 'F, I, U: one number, or four',
  'elementwise/erf.wgsl': 'F, U, exponential',
  'elementwise/expm1.wgsl': 'F, I, U, opaque',
  'elementwise/log1p.wgsl': 'F, U, opaque, logarithm',
  'elementwise/pow.f64.wgsl': 'the functions of f64',
  'elementwise/pow.wgsl': 'F, I, U, opaque',
  'elementwise/rounding.wide.wgsl': 'the functions of T',
  'elementwise/softplus.wgsl': 'F, log1p, exponential',
  'elementwise/special.wide.wgsl': 'the functions of T, and its tables',
  'elementwise/tanh.wgsl': 'F, U, expm1',
  'exact/matmul.special.wgsl': 'a, b, sizes',
  'exact/matmul.target.wgsl': 'sizes',
  'matmul/block.side.wgsl': 'the functions that read an operand',
  'matmul/block.wgsl': 'the functions that read the operands, and store_block',
  'parts/exponential.wgsl': 'F, I, U: one number, or several',
  'parts/logarithm.wgsl': 'F, U: one number, or several',
};

/** Features that an adapter may lack. */
const FEATURES = { f16: 'shader-f16', subgroups: 'subgroups' } as const;

describe.each(Object.entries(shaders))('%s', (path, source) => {
  const code = () => expandWgsl(source, {}, { name: path, files: shaders, examples: true });

  test('expands alone, to what wgsl_reflect reads, whole and in outline', () => {
    expect(interfaceOf(outlineOf(code()))).toEqual(interfaceOf(code()));
  });

  test('is WGSL', async ({ skip }) => {
    const lacking = Object.entries(FEATURES).find(
      ([name, feature]) => code().includes(`enable ${name};`) && !device().gpu.features.has(feature),
    );
    if (lacking !== undefined) skip(`the adapter lacks ${lacking[1]}`);
    const compiling = compileAlone(path, code());
    if (path in OF_THEIR_USERS) await expect(compiling).rejects.toThrow('unresolved');
    else await compiling;
  });
});

/** What a device needs to know of each entry point: the variables that it reaches, where they are bound, and their layout. */
const interfaceOf = (code: string) =>
  new WgslReflect(code).entry.compute.map(({ name, resources }) => ({
    name,
    resources: resources
      .map((variable) => ({
        name: variable.name,
        binding: variable.binding,
        access: variable.access,
        kind: variable.resourceType,
        members: (variable.type as StructInfo).members?.map((member) => [
          member.name,
          member.offset,
          member.size,
          member.type.name,
        ]),
      }))
      .sort((a, b) => a.binding - b.binding),
  }));

/** @throws GpuValidationError */
async function compileAlone(label: string, code: string): Promise<void> {
  device().queue.capture(label, () => device().gpu.createShaderModule({ label, code }));
  await device().settle(label);
}

test('files that need their users are files', () => {
  expect(Object.keys(OF_THEIR_USERS).filter((path) => !(path in shaders))).toEqual([]);
});
