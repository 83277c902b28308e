/** Prints the adapter that Dawn finds as one line of JSON; ends with status 1 and the reason on standard error when there is none. */
import { writeSync } from 'node:fs';
import { create, globals } from 'webgpu';

// Dawn crashes when what create() returned is collected while its adapter lives.
const { outlastGpu } = Object.assign(globalThis, globals, { outlastGpu: create([]) });

try {
  const adapter = await outlastGpu.requestAdapter();
  if (!adapter) throw new Error('Dawn offers no adapter');
  const { description, device, vendor, isFallbackAdapter } = adapter.info;
  await adapter.requestDevice();
  writeSync(1, `\n${JSON.stringify({ name: description || device, vendor, software: isFallbackAdapter })}\n`);
  process.exit(0);
} catch (error) {
  writeSync(2, `Error: ${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
}
