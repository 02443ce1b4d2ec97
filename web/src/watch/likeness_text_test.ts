import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Rendition } from '../api/types';
import { likenessText } from './likeness_text';

const rendition = (width: number | null, height: number | null, ssim: number | null): Rendition => ({
  id: `v${height}`,
  kind: 'video',
  codec: null,
  width,
  height,
  bandwidth: null,
  ssim,
  state: 'ready',
});

test('each rendition that was compared is named with its number', () => {
  const renditions = [
    rendition(1920, 1080, null),
    rendition(720, 1280, 0.98765),
    rendition(640, 360, 1),
    rendition(null, null, null),
  ];
  assert.equal(likenessText({ renditions }), 'Like the original (SSIM): 720p 0.988, 360p 1.000');
});

test('nothing is said where nothing was measured', () => {
  assert.equal(likenessText({ renditions: [rendition(640, 360, null)] }), null);
});
