import assert from 'node:assert/strict';
import { test } from 'node:test';
import { age, byteSize, clock, duration, percent, timeLeft } from './format';

test('a clock shows hours only when there are some', () => {
  assert.equal(clock(0), '0:00');
  assert.equal(clock(65.9), '1:05');
  assert.equal(clock(3723), '1:02:03');
});

test('a clock survives times that are not known yet', () => {
  assert.equal(clock(Number.NaN), '0:00');
  assert.equal(clock(Number.POSITIVE_INFINITY), '0:00');
  assert.equal(clock(-3), '0:00');
});

test('a length is rounded, a position is not', () => {
  assert.equal(duration(59.98), '1:00');
  assert.equal(clock(59.98), '0:59');
});

test('sizes keep two significant digits and never say 1000', () => {
  assert.equal(byteSize(950), '950 bytes');
  assert.equal(byteSize(1_440_000_000), '1.4 GB');
  assert.equal(byteSize(38_200_000), '38 MB');
  assert.equal(byteSize(999_900), '1.0 MB');
});

test('100% is shown only at the very end', () => {
  assert.equal(percent(0.999), '99%');
  assert.equal(percent(1), '100%');
  assert.equal(percent(-1), '0%');
});

test('the time left gets coarser the longer it is', () => {
  assert.equal(timeLeft(2), 'a few seconds left');
  assert.equal(timeLeft(42), '45 s left');
  assert.equal(timeLeft(61), '2 min left');
  assert.equal(timeLeft(3700), '1 h 2 min left');
  assert.equal(timeLeft(Number.POSITIVE_INFINITY), '');
});

test('ages are rounded down to the largest unit', () => {
  const now = new Date('2026-11-22T12:00:00Z');
  assert.equal(age('2026-11-22T11:59:30Z', now), 'just now');
  assert.equal(age('2026-11-22T12:00:30Z', now), 'just now');
  assert.equal(age('2026-11-22T11:20:00Z', now), '40 minutes ago');
  assert.equal(age('2026-11-21T11:00:00Z', now), 'yesterday');
  assert.equal(age('2024-11-01T11:00:00Z', now), '2 years ago');
});
