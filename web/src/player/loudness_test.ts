import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loudnessGain } from './loudness';

const gain = (integrated_lufs: number, true_peak_dbfs: number) =>
  20 * Math.log10(loudnessGain({ integrated_lufs, true_peak_dbfs }));
const near = (actual: number, expected: number) => assert.ok(Math.abs(actual - expected) < 1e-9);

test('loud videos are turned down to where the others are', () => {
  near(gain(-8, 0.5), -6);
});

test('quiet videos are turned up, but never so far that a peak is cut off', () => {
  near(gain(-20, -12), 6);
  near(gain(-20, -4), 3);
  near(gain(-20, 0), 0);
});

test('noise is not made into a storm', () => {
  near(gain(-60, -50), 12);
});

test('what was not measured is left alone', () => {
  assert.equal(loudnessGain(null), 1);
});
