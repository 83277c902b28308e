import type { Defence } from './defence.ts';
import { defineDefence } from './defineDefence.ts';

/** No defence: the control that all others are compared with. */
export const none = defineDefence({
  name: 'none',
  title: 'No defence',
  about: 'nothing: the control',
  acts: 'prediction',
  differentiable: true,
  random: false,
  parameters: {},
  create: () => ({}),
});

/** The control as a defence, where no catalogue is needed. */
export const noDefence: Defence = none.make({});
