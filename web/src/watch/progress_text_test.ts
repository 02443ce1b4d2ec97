import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RenditionState } from '../api/types';
import { aVideo } from '../store/video_fixture';
import { newUpload } from '../upload/upload_queue';
import { comingQualities } from '../ui/video_state';
import { progressText } from './progress_text';

const rendition = (height: number, state: RenditionState) => ({
  id: `v${height}`,
  kind: 'video' as const,
  codec: null,
  width: (height * 16) / 9,
  height,
  bandwidth: null,
  ssim: null,
  state,
});
const early = { playable: true, progress: 0.62 };
const sending = { ...newUpload(1, 'a.mp4', 100), status: 'sending' as const, sentBytes: 43 };

test('the page that sends the file knows best how far it is', () => {
  const video = aVideo({ ...early, state: 'uploading', progress: 0.1 });
  assert.equal(progressText(video, sending), 'Uploading 43% · playable already');
  assert.equal(progressText(video, undefined), 'Uploading 10% · playable already');
  assert.match(progressText(video, { ...sending, waiting: 'no network' }) ?? '', /goes on by itself/);
});

test('what follows is named, the best first, each once', () => {
  const renditions = [
    rendition(1080, 'ready'),
    rendition(360, 'waiting'),
    rendition(480, 'processing'),
    rendition(480, 'processing'),
    rendition(240, 'failed'),
  ];
  const video = aVideo({ ...early, state: 'processing', renditions });
  assert.equal(progressText(video, undefined), 'More qualities are coming: 480p, 360p · 62%');
});

test('upright pictures are named after their shorter side', () => {
  const upright = { ...rendition(1280, 'waiting'), width: 720 };
  assert.deepEqual(comingQualities({ renditions: [rendition(240, 'ready'), upright] }), ['720p']);
});

test('a video that plays while it is converted is no promise of more', () => {
  const video = aVideo({ ...early, state: 'processing', renditions: [rendition(480, 'processing')] });
  assert.equal(progressText(video, undefined), 'Converting 62% · playable already');
});

test('nothing is said when all is there, or nothing can be watched', () => {
  assert.equal(progressText(aVideo(), undefined), null);
  assert.equal(progressText(aVideo({ ...early, state: 'uploading', playable: false }), sending), null);
});
