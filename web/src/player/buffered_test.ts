import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bufferedEndAt } from './buffered';

const rangesOf = (...ranges: [number, number][]) => ({
  length: ranges.length,
  start: (i: number) => ranges[i]?.[0] ?? 0,
  end: (i: number) => ranges[i]?.[1] ?? 0,
});

test('only the range around the playhead counts', () => {
  assert.equal(bufferedEndAt(rangesOf([0, 10], [40, 60]), 5), 10);
  assert.equal(bufferedEndAt(rangesOf([0, 10], [40, 60]), 41), 60);
  assert.equal(bufferedEndAt(rangesOf([0, 10]), 20), 20);
});

test('ranges that touch count as one', () => {
  assert.equal(bufferedEndAt(rangesOf([0, 10], [10.05, 20]), 5), 20);
});
