import { Command } from 'commander';

const program = new Command('outlast').description(
  'Measures how long a neural network survives attack, and whether training it cost more than breaking it.',
);

await program.parseAsync();
