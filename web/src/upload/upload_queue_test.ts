import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  isActive,
  newUpload,
  secondsLeft,
  startable,
  titleOf,
  uploadFacts,
  withChange,
} from './upload_queue';

const three = [1, 2, 3].map((key) => newUpload(key, `clip ${key}.mp4`, 100));

test('two start, the rest wait, in the order they were added', () => {
  assert.deepEqual(startable(three, 2).map(({ key }) => key), [1, 2]);
});

test('a place gets free when an upload ends, however it ends', () => {
  const twoSending = withChange(withChange(three, 1, { status: 'sending' }), 2, {
    status: 'sending',
  });
  assert.deepEqual(startable(twoSending, 2), []);
  for (const status of ['sent', 'failed', 'cancelled'] as const) {
    const next = startable(withChange(twoSending, 1, { status }), 2);
    assert.deepEqual(next.map(({ key }) => key), [3], status);
  }
});

test('leaving the page matters only while something is queued or sending', () => {
  assert.ok(three.some(isActive));
  const ended = three.map((upload) => ({ ...upload, status: 'sent' as const }));
  assert.ok(!ended.some(isActive));
});

test('the time left follows from what is left and how fast it goes', () => {
  const half = { ...newUpload(1, 'a.mp4', 100), sentBytes: 50, bytesPerSecond: 10 };
  assert.equal(secondsLeft(half), 5);
  assert.equal(secondsLeft({ ...half, bytesPerSecond: null }), Number.POSITIVE_INFINITY);
});

test('a row says how far it is, and how long it takes once that is known', () => {
  const begun = { ...newUpload(1, 'a.mp4', 100_000_000), sentBytes: 43_000_000 };
  assert.equal(uploadFacts(begun), '43%');
  assert.equal(uploadFacts({ ...begun, bytesPerSecond: 2_100_000 }), '43% · 2.1 MB/s · 30 s left');
});

test('a title is the file name without its last extension', () => {
  assert.equal(titleOf('Trip.to.Oslo.mp4'), 'Trip.to.Oslo');
  assert.equal(titleOf('README'), 'README');
  assert.equal(titleOf('.mp4'), '.mp4');
});
