import type { Device } from '../../src/engine/index.ts';
import { ask } from './question.ts';
import type { Answer } from './row.ts';
import { sections } from './sections.ts';

/** What one adapter answered. */
export interface Column {
  /** Adapter, driver and what stands between: `llvmpipe, Mesa 25.0.7, webgpu 0.6.2`. */
  readonly versions: string;
  /** By section, then by row. */
  readonly answers: Readonly<Record<string, Readonly<Record<string, Answer>>>>;
}

const notOffered = (feature: string): Answer => ({ cell: `no \`${feature}\``, holds: true });

/** Asks an adapter every question of the tables. @param via what runs the WGSL: a package, or a browser, with its version */
export async function measureColumn(device: Device, via: string): Promise<Column> {
  const { name, driver } = device.adapter;
  const answers: Record<string, Record<string, Answer>> = {};
  for (const { title, rows } of sections) {
    answers[title] = {};
    for (const { what, needs, measure } of rows)
      answers[title][what] =
        needs !== undefined && !device.gpu.features.has(needs)
          ? notOffered(needs)
          : await measure((question) => ask(device, question));
  }
  return { versions: [name, driver, via].filter((text) => text !== '').join('; '), answers };
}
