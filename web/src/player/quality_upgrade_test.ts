import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Rendition } from '../api/types';
import { allChoices, isWorthInterrupting, newHeights } from './quality_upgrade';

const rendition = (height: number, overrides: Partial<Rendition> = {}): Rendition => ({
  id: `v${height}`,
  kind: 'video',
  codec: 'avc1',
  width: (height * 16) / 9,
  height,
  bandwidth: null,
  ssim: null,
  state: 'ready',
  ...overrides,
});
const offered = [{ height: 360, label: '360p' }];
const none = new Set<number>();

test('only renditions that are ready and not offered yet are new', () => {
  const renditions = [
    rendition(240),
    rendition(360),
    rendition(720, { state: 'processing' }),
    rendition(1, { kind: 'audio', height: null }),
  ];
  assert.deepEqual(newHeights(renditions, offered, none), [240]);
});

test('a height that was tried is not tried again', () => {
  assert.deepEqual(newHeights([rendition(240)], offered, new Set([240])), []);
});

test('the menu offers what became ready, in order', () => {
  const renditions = [rendition(240), rendition(360), rendition(720), rendition(1080, { state: 'waiting' })];
  assert.deepEqual(
    allChoices(renditions, offered, none).map(({ label }) => label),
    ['720p', '360p', '240p'],
  );
  assert.deepEqual(allChoices(renditions, offered, new Set([240, 720])), offered);
});

test('only a better picture interrupts playback', () => {
  assert.ok(isWorthInterrupting([240, 720], offered));
  assert.ok(!isWorthInterrupting([240], offered));
});
