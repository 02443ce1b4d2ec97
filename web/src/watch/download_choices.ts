import type { Video } from '../api/types';

export interface DownloadChoice {
  readonly url: string;
  readonly label: string;
}

// The files that were made of a video, called as the quality menu calls them.
export function downloadChoices(video: Pick<Video, 'renditions' | 'urls'>): readonly DownloadChoice[] {
  const { downloads } = video.urls;
  const sounds = downloads.filter(({ height }) => height === null);
  return downloads.map(({ rendition, height, url }) => {
    if (height === null) {
      return { url, label: sounds.length > 1 ? `Sound ${sounds.findIndex((sound) => sound.url === url) + 1}` : 'Sound only' };
    }
    const width = video.renditions.find(({ id }) => id === rendition)?.width ?? height;
    return { url, label: `${Math.min(width, height)}p` };
  });
}
