import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rateLabel, steppedRate } from './rates';

test('speed goes up and down the list and stops at its ends', () => {
  assert.equal(steppedRate(1, 1), 1.25);
  assert.equal(steppedRate(1, -1), 0.75);
  assert.equal(steppedRate(3, 1), 3);
  assert.equal(steppedRate(0.25, -1), 0.25);
});

test('a speed between two steps goes to its neighbour', () => {
  assert.equal(steppedRate(1.1, 1), 1.25);
  assert.equal(steppedRate(1.1, -1), 1);
});

test('the usual speed has a name', () => {
  assert.equal(rateLabel(1), 'Normal');
  assert.equal(rateLabel(1.5), '1.5×');
});
