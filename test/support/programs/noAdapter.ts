/** Opens a device where the environment offers no driver, and prints how the engine says so. */
import { openDevice } from '../../../src/engine/open.node.ts';

try {
  await openDevice();
  console.log('opened');
} catch (error) {
  console.log(JSON.stringify({ name: (error as Error).name, message: (error as Error).message }));
}
process.exit(0);
