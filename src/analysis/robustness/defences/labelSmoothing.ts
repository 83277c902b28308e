import { number } from '../../../base/parameter.ts';
import { defineDefence } from './defineDefence.ts';

/**
 * Training on labels that are less sure (Szegedy et al., arXiv 1512.00567, section 7; as a defence Warde-Farley and Goodfellow
 * 2016, and ART's LabelSmoothing): of K classes the right one has 1 - alpha + alpha / K, the others alpha / K. ART's `max_value`
 * is the former, 0.9 there.
 */
export const labelSmoothing = defineDefence({
  name: 'label-smoothing',
  title: 'Label smoothing',
  about: 'labels that are spread over all classes',
  source: 'arXiv 1512.00567',
  acts: 'training',
  trainFlags: '--label-smoothing SHARE',
  differentiable: true,
  random: false,
  parameters: {
    alpha: number({
      above: 0,
      below: 1,
      axis: true,
      about: 'share of each label that is spread evenly over all classes',
    }),
  },
  create: ({ alpha }) => ({ labelSmoothing: alpha }),
});
