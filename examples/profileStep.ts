/** Where the time of a training step goes, kernel by kernel, with a trace for Perfetto: `profileStep [TRACE.json]`. */
import { chromeTrace } from 'outlast/engine';
import { profileModel, resnet } from 'outlast/models';
import { openDevice, rooflineOf, writeFileAtomic } from 'outlast/node';

const device = await openDevice();
const model = resnet({ depth: 18, width: 8, stem: 'cifar', inChannels: 1, classes: 10 });
const roofline = await rooflineOf(device, { warn: console.warn });
const profile = await profileModel(device, model, { step: 'train', batch: 8, image: [1, 28, 28] }, roofline);
if (process.argv[2] !== undefined) await writeFileAtomic(process.argv[2], JSON.stringify(chromeTrace(profile)));
const [slowest] = profile.kernels;
const { milliseconds, dispatches, flops } = profile;
console.log(JSON.stringify({ milliseconds, dispatches, flops, slowest: slowest.name }));
device.destroy();
