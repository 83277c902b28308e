import type { Precision } from './precision.ts';

/** All that decides a network but its weights, its images and its classes. */
export interface ModelSpec {
  readonly family: 'resnet';
  readonly depth: 18 | 34 | 50 | 101 | 152;
  /** Channels of the first stage; torchvision's is 64. */
  readonly width: number;
  readonly stem: 'imagenet' | 'cifar';
  readonly precision: Precision;
}
