import { useState } from 'preact/hooks';
import type { Video } from '../api/types';
import { Icon } from '../ui/icon';
import { isAudioOnly } from '../ui/video_state';

// The poster, or a quiet gradient of the video's own colour while there is none.
export function Poster({ video }: { video: Video }) {
  const [brokenUrl, setBrokenUrl] = useState<string | null>(null);
  const url = video.urls.poster;
  if (url !== null && url !== brokenUrl) {
    return <img src={url} alt="" loading="lazy" decoding="async" onError={() => setBrokenUrl(url)} />;
  }
  return (
    <div class="poster-placeholder" style={{ '--hue': String(hueOf(video.id)) }}>
      <Icon name={placeholderIcon(video)} />
    </div>
  );
}

function placeholderIcon(video: Video) {
  if (video.state === 'failed') return 'warning';
  return isAudioOnly(video) ? 'note' : 'film';
}

// The same id always gets the same colour.
function hueOf(id: string): number {
  return Array.from(id).reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 360, 7);
}
