// What the state of a video is called, everywhere on the page.
import type { Video, VideoState } from '../api/types';
import { percent } from '../text/format';

const names: Record<VideoState, string> = {
  uploading: 'Uploading',
  processing: 'Processing',
  ready: 'Ready',
  failed: 'Failed',
};

export function stateName(video: Video): string {
  return names[video.state];
}

export function isUnfinished(video: Video): boolean {
  return video.state === 'uploading' || video.state === 'processing';
}

export function stateWithProgress(video: Video): string {
  return isUnfinished(video)
    ? `${names[video.state]} ${percent(video.progress)}`
    : names[video.state];
}

// Before its tracks are known, a file counts as a video.
export function isAudioOnly(video: Video): boolean {
  return video.renditions.length > 0 && video.renditions.every(({ kind }) => kind !== 'video');
}

// Qualities that will join those that can be watched, the best first. While there is none
// yet, what is being made is what plays, and no promise.
export function comingQualities({ renditions }: Pick<Video, 'renditions'>): readonly string[] {
  const pictures = renditions.filter(({ kind }) => kind === 'video');
  if (!pictures.some(({ state }) => state === 'ready')) return [];
  const coming = pictures.filter(({ state }) => state === 'waiting' || state === 'processing');
  const sides = coming.flatMap(({ width, height }) =>
    width === null || height === null ? [] : [Math.min(width, height)],
  );
  return [...new Set(sides)].sort((a, b) => b - a).map((side) => `${side}p`);
}
