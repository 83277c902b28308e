/** Opens a device, then calls a function that writes to standard error as native code does. */
import { writeSync } from 'node:fs';
import { withoutDawnNotes } from '../../../src/engine/device/dawnNotes.node.ts';
import { openDevice } from '../../../src/engine/open.node.ts';

const note = (which: string) =>
  `Warning: maxDynamic${which}BuffersPerPipelineLayout artificially reduced from 500000 to 16 to fit dynamic offset allocation limit.\n`;

const device = await openDevice();
writeSync(2, '[opened]\n');
const result = withoutDawnNotes(() => {
  writeSync(2, `${note('Uniform')}Error: the driver is broken\n${note('Storage')}Warning: maxDynamic`);
  return 7;
});
writeSync(2, `[returned ${result}]\n`);
try {
  withoutDawnNotes(() => {
    writeSync(2, 'before the failure\n');
    throw new Error('failed');
  });
} catch (error) {
  writeSync(2, `[${(error as Error).message}]\n`);
}
writeSync(2, note('Uniform'));
device.destroy();
process.exit(0);
