/** Runs a kernel that never ends, and prints how the engine says so. A program of its own, because its device is lost to the process. */
import { endProcess } from '../../../src/cli/program/endProcess.ts';
import { spec } from '../../../src/engine/graph/graph.ts';
import { openDevice } from '../../../src/engine/open.node.ts';
import { compile } from '../../../src/engine/run/compile.ts';
import { endless } from '../endless.ts';

const device = await openDevice();
const executable = await compile(({ x }) => ({ y: endless([x], {}) }), { x: spec([4]) }, { device, name: 'spinning' });
try {
  await executable.run({ x: new Float32Array(4) }).y.read();
  console.log('finished');
} catch (error) {
  console.log(JSON.stringify({ name: (error as Error).name, message: (error as Error).message }));
}
device.destroy();
endProcess(0);
