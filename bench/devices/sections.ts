import type { Row } from './row.ts';
import { algebra } from './rows/algebra.ts';
import { conversions } from './rows/conversions.ts';
import { functions } from './rows/functions.ts';
import { half } from './rows/half.ts';
import { integers } from './rows/integers.ts';
import { memory } from './rows/memory.ts';
import { rounding } from './rows/rounding.ts';
import { signsOfZero } from './rows/signsOfZero.ts';
import { specialNumbers } from './rows/specialNumbers.ts';
import { subnormals } from './rows/subnormals.ts';

/** Rows that belong together; their `what` is unique within the section. */
export interface Section {
  readonly title: string;
  readonly rows: readonly Row[];
}

/** The tables of docs/devices.md, in their order. */
export const sections: readonly Section[] = [
  { title: 'NaN and infinities', rows: specialNumbers },
  { title: 'Chains of operations', rows: algebra },
  { title: 'Rounding of one operation', rows: rounding },
  { title: 'Subnormal numbers', rows: subnormals },
  { title: 'f16', rows: half },
  { title: 'Functions', rows: functions },
  { title: 'Conversions', rows: conversions },
  { title: 'Integers', rows: integers },
  { title: 'Signs of zero', rows: signsOfZero },
  { title: 'Beyond the end of an array', rows: memory },
];
