import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { calibrationError, classAccuracies, confusionMatrix } from '../../../src/models/evaluation/classification.ts';

interface Fixture {
  readonly classes: number;
  readonly labels: readonly number[];
  readonly predictions: readonly number[];
  readonly confidences: readonly number[];
  readonly confusion: readonly (readonly number[])[];
  readonly classAccuracy: readonly (number | null)[];
  readonly calibrationError: number;
}

// scikit-learn and numpy; see test/fixtures/training/evaluation.py.
const fixture: Fixture = JSON.parse(readFileSync('test/fixtures/training/evaluation.json', 'utf8'));
const { classes, labels, predictions, confidences } = fixture;

test('the confusion matrix is scikit-learn’s', () => {
  expect(confusionMatrix(labels, predictions, classes)).toEqual(fixture.confusion);
});

test('accuracies by class are scikit-learn’s recall, and none where a class has no images', () => {
  const accuracies = classAccuracies(confusionMatrix(labels, predictions, classes));
  expect(accuracies).toEqual(
    // Quotients of the same whole numbers.
    fixture.classAccuracy,
  );
});

test('the calibration error is numpy’s', () => {
  const right = labels.map((label, i) => label === predictions[i]);
  // Sums of 400 float64 in another order.
  expect(calibrationError(confidences, right)).toBeCloseTo(fixture.calibrationError, 13);
});

test('a classifier that is as sure as it is right has no calibration error, one that is sure and wrong has 1', () => {
  expect(calibrationError([0.75, 0.75, 0.75, 0.75], [true, true, false, true])).toBe(0);
  expect(calibrationError([1, 1], [false, false])).toBe(1);
});
