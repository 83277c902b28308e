import { expect, test } from 'vitest';
import { fixtureOf } from '../../../bench/conformance/fixture.ts';
import type { Outcome } from '../../../bench/conformance/runCase.ts';
import { conformanceTable, conformanceText, withConformance } from '../../../bench/conformance/table.ts';

const outcomes: Outcome[] = [
  { name: 'pad_a', operator: 'Pad', outcome: 'passed' },
  {
    name: 'pad_b',
    operator: 'Pad',
    outcome: 'unsupported',
    why: 'pad_b: node "y" (Pad, opset 19): the mode is wrap | no',
  },
  {
    name: 'pad_c',
    operator: 'Pad',
    outcome: 'unsupported',
    why: 'pad_c: node "z" (Pad, opset 19): the mode is wrap | no',
  },
  {
    name: 'if',
    operator: 'If',
    outcome: 'unsupported',
    why: 'if: node "y" (If, opset 19): the operator is not supported',
  },
];

test('operators of which a case passed have a row with the reasons, the others are named below', () => {
  expect(conformanceTable(outcomes, '1.0')).toBe(
    [
      'Of the 4 cases of onnx 1.0, 1 pass, 3 are refused and 0 fail.',
      '',
      '| operator or suite | passed | refused | failed | why refused |',
      '|---|--:|--:|--:|---|',
      '| `Pad` | 1 | 2 |  | the mode is wrap \\| no (2) |',
      '',
      'Refused in every case: `If`.',
    ].join('\n'),
  );
});

test('as JSON, reasons are without the names of files and nodes', () => {
  const { passed, refused, failed } = JSON.parse(conformanceText(outcomes, '1.0'));
  expect(passed).toEqual(['pad_a']);
  expect(refused.if).toBe('the operator is not supported');
  expect(failed).toEqual({});
});

test('a page has the table in its place; a page without a place is refused', () => {
  const page = 'a\n<!-- conformance: made -->\nold\n<!-- end of conformance -->\nb\n';
  expect(withConformance(page, 'new')).toBe('a\n<!-- conformance: made -->\n\nnew\n\n<!-- end of conformance -->\nb\n');
  expect(() => withConformance('a', 'new')).toThrow('the page has no place');
});

test('the fixture holds small cases that passed, spread over all of an operator', () => {
  const names = Array.from({ length: 8 }, (_, i) => `add_${i}`);
  const lines = [...names, 'add_0_expanded', 'sub'].map((name) => JSON.stringify({ name, operator: 'Add' }));
  const large = JSON.stringify({ name: 'large', operator: 'Add', model: 'x'.repeat(20_000) });
  const passed = [...names, 'add_0_expanded', 'large'].map(
    (name): Outcome => ({ name, operator: 'Add', outcome: 'passed' }),
  );
  const chosen = fixtureOf([...lines, large], passed)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).name);
  expect(chosen).toEqual(['add_0', 'add_2', 'add_5']);
});
