import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { casesOf } from '../../../bench/conformance/case.ts';
import { type Outcome, runCase } from '../../../bench/conformance/runCase.ts';
import { useDevice } from '../../support/checkOp.ts';

/**
 * Test cases of ONNX 1.23.2, whose outputs its Python package computes with NumPy, within ONNX's own tolerances. `npm run conformance:onnx`
 * runs all of them; these are the small ones that it packs.
 */
const cases = casesOf(gunzipSync(readFileSync('test/fixtures/onnx/cases.jsonl.gz')).toString('utf8'));
const device = useDevice();

test("what passed of ONNX's own cases still passes", async () => {
  const outcomes: Outcome[] = [];
  for (const each of cases) outcomes.push(await runCase(device(), each));
  expect(outcomes.filter(({ outcome }) => outcome !== 'passed')).toEqual([]);
  expect(outcomes.length).toBeGreaterThan(200);
});
