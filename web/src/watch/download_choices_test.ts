import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aVideo } from '../store/video_fixture';
import { downloadChoices } from './download_choices';

const video = aVideo({});
const rendition = (id: string, width: number | null, height: number | null) => ({
  id,
  kind: width === null ? ('audio' as const) : ('video' as const),
  codec: 'x',
  width,
  height,
  bandwidth: 1,
  ssim: null,
  state: 'ready' as const,
});
const choices = (...renditions: ReturnType<typeof rendition>[]) =>
  downloadChoices({
    renditions,
    urls: {
      ...video.urls,
      downloads: renditions.map(({ id, height }) => ({ rendition: id, height, url: `/${id}.mp4` })),
    },
  });

test('nothing is offered before there is something', () => {
  assert.deepEqual(downloadChoices(video), []);
});

test('pictures are called by their shorter side, as in the quality menu', () => {
  assert.deepEqual(choices(rendition('v720', 1280, 720), rendition('v360', 360, 640), rendition('a0', null, null)), [
    { url: '/v720.mp4', label: '720p' },
    { url: '/v360.mp4', label: '360p' },
    { url: '/a0.mp4', label: 'Sound only' },
  ]);
});

test('several sounds are told apart', () => {
  assert.deepEqual(
    choices(rendition('a0', null, null), rendition('a1', null, null)).map(({ label }) => label),
    ['Sound 1', 'Sound 2'],
  );
});
