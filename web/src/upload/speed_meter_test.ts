import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SpeedMeter } from './speed_meter';

test('there is no speed before half a second has passed', () => {
  const meter = new SpeedMeter();
  assert.equal(meter.bytesPerSecond(), null);
  meter.add(0, 0);
  meter.add(1000, 400);
  assert.equal(meter.bytesPerSecond(), null);
});

test('a steady stream has its speed', () => {
  const meter = new SpeedMeter();
  for (let second = 0; second <= 20; second++) meter.add(second * 500, second * 1000);
  assert.equal(meter.bytesPerSecond(), 500);
});

test('what happened long ago is forgotten', () => {
  const meter = new SpeedMeter();
  for (let second = 0; second <= 10; second++) meter.add(second * 1000, second * 1000);
  for (let second = 11; second <= 20; second++) meter.add(10_000, second * 1000);
  assert.equal(meter.bytesPerSecond(), 0);
});
