export * from './attackers.ts';
export * from './cost.ts';
export * from './estimate.ts';
export * from './learned.ts';
export * from './strategy.ts';
export * from './studentQuantile.ts';
