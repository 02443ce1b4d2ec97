import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyCatalog, withDeleted, withEvent, withFetched } from './catalog';
import { aVideo } from './video_fixture';

test('an event replaces what was fetched before it', () => {
  const fetched = withFetched(emptyCatalog, [aVideo({ progress: 0.2 })], 0);
  const after = withEvent(fetched, aVideo({ progress: 0.5 }));
  assert.equal(after.videos.get('aaaaaaaaaaa')?.progress, 0.5);
});

test('a fetch that began before an event does not undo the event', () => {
  const since = emptyCatalog.tick;
  const heard = withEvent(emptyCatalog, aVideo({ progress: 0.5 }));
  const after = withFetched(heard, [aVideo({ progress: 0.2 })], since);
  assert.equal(after.videos.get('aaaaaaaaaaa')?.progress, 0.5);
});

test('a fetch that began after an event wins', () => {
  const heard = withEvent(emptyCatalog, aVideo({ progress: 0.5 }));
  const after = withFetched(heard, [aVideo({ progress: 0.7 })], heard.tick);
  assert.equal(after.videos.get('aaaaaaaaaaa')?.progress, 0.7);
});

test('a deleted video comes back neither by a late event nor by an old fetch', () => {
  const deleted = withDeleted(withEvent(emptyCatalog, aVideo()), 'aaaaaaaaaaa');
  assert.equal(withEvent(deleted, aVideo()).videos.size, 0);
  assert.equal(withFetched(deleted, [aVideo()], deleted.tick).videos.size, 0);
});

test('the old catalog stays as it was', () => {
  withEvent(emptyCatalog, aVideo());
  assert.equal(emptyCatalog.videos.size, 0);
});
