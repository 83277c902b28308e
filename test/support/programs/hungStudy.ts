/** Runs a study in the folder given, as the command line does, on a device on which the second trial's kernel never ends. */
import { endProcess } from '../../../src/cli/program/endProcess.ts';
import { runProgram } from '../../../src/cli/program/program.ts';
import { spec } from '../../../src/engine/graph/graph.ts';
import { openDevice } from '../../../src/engine/open.node.ts';
import { compile } from '../../../src/engine/run/compile.ts';
import { endless } from '../endless.ts';
import { fakeResult } from '../fakeTrials.ts';

const { STUDY = '', RUN = '' } = process.env;
const refuse = () => Promise.reject(new Error('only the study opens a device'));
endProcess(
  await runProgram(['study', 'run', STUDY, '--out', RUN], {
    terminal: process,
    openDevice: refuse,
    openMachine: async () => {
      const device = await openDevice();
      let trials = 0;
      return {
        adapter: device.adapter,
        runTrial: async (trial) => {
          if (++trials === 2) {
            const spinning = await compile(({ x }) => ({ y: endless([x], {}) }), { x: spec([4]) }, { device });
            await spinning.run({ x: new Float32Array(4) }).y.read();
          }
          return fakeResult(trial);
        },
        broken: () => device.broken,
        close: () => device.destroy(),
      };
    },
  }),
);
