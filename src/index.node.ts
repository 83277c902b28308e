/**
 * What needs Node: a device of Dawn, data sets, checkpoints, tables, studies and reports in files.
 * @packageDocumentation
 */
export { type WrittenReport, writeReport } from './analysis/report/write.node.ts';
export { readStudy } from './analysis/study/file/read.node.ts';
export { openRun, readRun } from './analysis/study/store/store.node.ts';
export { type ReadOptions, readTable } from './analysis/tables/read.node.ts';
export { writeSheets } from './analysis/tables/write.node.ts';
export { type FileContent, writeFileAtomic } from './base/files.node.ts';
export { cacheFolder } from './base/folders.node.ts';
export { type RooflineCache, rooflineOf } from './engine/measure/roofline.node.ts';
export { recallTuning, type TuneAllOptions, type TuningCache, tuneAll } from './engine/measure/tune.node.ts';
export { openDevice } from './engine/open.node.ts';
export { readCheckpoint, writeCheckpoint } from './models/checkpoint/file.node.ts';
export { decodeImage } from './models/data/decodeImage.node.ts';
export { type DataDir, type LoadOptions, loadDataset } from './models/data/load.node.ts';
export { readOnnxFile } from './models/onnx/file.node.ts';
