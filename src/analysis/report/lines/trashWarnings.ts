import { FEW_IMAGES, FEWEST_IMAGES } from '../../trash/index.ts';
import type { TrashLine, TrashReading } from '../document.ts';
import { percent } from '../page/format.ts';
import { clockWord } from '../page/names.ts';

/** What a reader should know before believing a score. */
export function trashWarnings(trash: readonly TrashLine[]): string[] {
  return [
    ...fewImages(trash),
    ...misfits(trash),
    ...uncalibrated(trash),
    ...busy(trash),
    ...farBelow(trash),
    ...carried(trash),
    ...stated(trash),
  ];
}

const nameOf = ({ model, defence }: TrashLine) => `${model}, ${defence}`;

function listed(lines: readonly TrashLine[]): string {
  const more = lines.length > 3 ? ` and ${lines.length - 3} more` : '';
  return `${lines.slice(0, 3).map(nameOf).join('; ')}${more}`;
}

function fewImages(trash: readonly TrashLine[]): string[] {
  const few = trash.filter(({ images }) => images >= FEWEST_IMAGES && images < FEW_IMAGES);
  if (few.length === 0) return [];
  return [
    `${few.length} of ${trash.length} models (${listed(few)}) have fewer than ${FEW_IMAGES} images: so few may show none of a kind that is a tenth of all, and their intervals are wide for it; attack ${FEW_IMAGES} or more`,
  ];
}

function misfits(trash: readonly TrashLine[]): string[] {
  const misfit = trash.filter(({ byModel }) => byModel?.misfit);
  if (misfit.length === 0) return [];
  return [
    `the survival model does not fit ${misfit.length} of ${trash.length} models (${listed(misfit)}): its mean and that of the observed curve each lie outside the other's interval; compare them under Survival curves and mistrust its time ratios`,
  ];
}

function uncalibrated(trash: readonly TrashLine[]): string[] {
  const wall = trash.some(({ clocks }) => clocks.some(({ calibrated }) => calibrated === false));
  return wall
    ? ['seconds are the wall seconds of one run, which carry the mood of the machine: no interval of theirs knows it']
    : [];
}

/** The factor to which seconds should be known. */
const KNOWN_TO = 1.05;

function busy(trash: readonly TrashLine[]): string[] {
  const widest = Math.max(1, ...trash.flatMap(({ clocks }) => clocks.map(({ knownTo }) => knownTo)));
  return widest > KNOWN_TO
    ? [
        `the machine was too busy to tell seconds well: calibration leaves a score by seconds uncertain by a factor of ${widest.toPrecision(3)}, which its interval holds`,
      ]
    : [];
}

/** Costs of trainings that nobody saw here. */
const stated = (trash: readonly TrashLine[]): string[] =>
  trash.flatMap((line) =>
    line.statedCost === null ? [] : [`${nameOf(line)}: ${line.statedCost}; attacks are measured here`],
  );

function farBelow(trash: readonly TrashLine[]): string[] {
  return trash
    .filter(({ learned }) => learned?.farBelowBest && learned.better)
    .map(
      (line) =>
        `${nameOf(line)}: accuracy ${percent(line.learned?.accuracy ?? Number.NaN)} is far below the best of its data set; what costs little to train may have little to break`,
    );
}

function carried(trash: readonly TrashLine[]): string[] {
  const by = trash.flatMap(({ clocks }) => clocks[0]?.carrier ?? []);
  if (by.length === 0) return [];
  const families = [...new Set(by.map(({ family }) => family))].join(', ');
  return [
    `the pooled mean of ${by.length} of ${trash.length} models speaks of one attack alone (${families}): it holds for this choice of attacks only`,
  ];
}

/** Readings that say on which side of 1 a score lies. */
const DECIDED: readonly TrashReading[] = ['cheaper to break', 'costlier to break'];

/** One sentence where the clocks come to opposite verdicts on a model; nothing where they agree. */
export function clockDisagreement({ model, defence, clocks }: TrashLine): string | null {
  const decided = clocks.filter(({ reading }) => DECIDED.includes(reading));
  if (new Set(decided.map(({ reading }) => reading)).size < 2) return null;
  const said = decided.map(({ clock, reading }) => `${reading} by ${clockWord(clock)}`);
  return `The clocks disagree on ${model}, ${defence}: ${said.join(', ')}.`;
}
