#!/usr/bin/env bash
# simple-statistics 7.12.1. Guess: cumulativeStdNormalProbability(z) is the normal distribution function. It is a printed table instead:
# z is rounded to hundredths, and beyond 3.09 every z has the table's last entry, so that no one-sided p-value is ever below 0.001 and no
# two-sided one below 0.002: z = 3.1 and z = 30 are the same, and a test corrected for twenty comparisons (0.05 / 20 = 0.0025, two-sided) just
# passes, one for fifty never does. The 95 % point comes out right only because 1.96 has two decimals; its inverse, probit(0.975), is 1.957, so
# that intervals are too short. errorFunction of the same package has 7 digits and no such end; @stdlib's erfc and erfcinv have all of them.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund simple-statistics@7.12.1 @stdlib/math-base-special-erfc@0.2.5
cat > see.mjs <<'JS'
import erfc from '@stdlib/math-base-special-erfc';
import { cumulativeStdNormalProbability as table, errorFunction, probit } from 'simple-statistics';

const tail = (z) => erfc(z / Math.SQRT2) / 2;
console.log('z       1 - cumulativeStdNormalProbability(z)   by errorFunction   right');
const show = (z) => {
  const found = 1 - table(z);
  console.log(String(z).padEnd(7), found.toExponential(3).padStart(38), ((1 - errorFunction(z / Math.SQRT2)) / 2).toExponential(3).padStart(18), tail(z).toExponential(3).padStart(10));
  return found;
};
const [, , , low, high, far] = [1.96, 1.964, 1.966, 3.1, 5, 30].map(show);
const steps = table(1.9551) === table(1.9649);
const end = Math.abs(low - 0.001) < 1e-4 && low === high && high === far;
console.log('1.9551 and 1.9649 are one:', steps, ' 3.1, 5 and 30 are one:', end);
console.log('probit(0.975):', probit(0.975), ' right: 1.959964');
process.exit(steps && end && tail(5) < 3e-7 && Math.abs(probit(0.975) - 1.9572) < 1e-4 ? 0 : 1);
JS
node see.mjs
