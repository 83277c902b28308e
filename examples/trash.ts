/** TRASH of records: what training cost per image, over the mean cost of breaking one by the best single attack. Needs no GPU. */
import { commonHorizon, costPerSample, type Strategy, trashOfBest } from 'outlast/trash';

// Operations that two attacks spent on twelve images, until each was broken or given up.
const strategy = (family: string, eps: number, costs: readonly number[], budget: number): Strategy => ({
  attack: `${family} ${eps}`,
  family,
  outcomes: costs.map((cost, i) => ({ image: `image ${i}`, training: 'seed 0', cost, broken: cost < budget })),
});
const strategies = [
  strategy('fgm', 0.1, [1, 1, 1, 1, 3, 3, 3, 3, 3, 3, 3, 3], 3),
  strategy('pgd', 0.1, [1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 8, 10], 10),
];
const trainingCosts = new Map([['seed 0', costPerSample(96_000, 48_000)]]);
const horizon = commonHorizon([strategies]);
const { kind, value, lower, upper, attacks } = trashOfBest(strategies, { trainingCosts, horizon });
console.log(JSON.stringify({ horizon, kind, value, lower, upper, attacks }));
