import { useState } from 'preact/hooks';
import { messageOf, putPosterFrame } from '../api/client';
import type { Video } from '../api/types';
import { playingElement } from '../player/playing';
import { Icon } from '../ui/icon';
import { isAudioOnly } from '../ui/video_state';
import { CaptionsDialog } from './captions_dialog';
import { ShareDialog } from './share_dialog';

type Open = 'share' | 'captions' | null;

// What one can do with a video besides watching it.
export function WatchActions({ video }: { video: Video }) {
  const [open, setOpen] = useState<Open>(null);
  const close = () => setOpen(null);
  return (
    <div class="watch-actions">
      <button
        class="button"
        type="button"
        data-testid="share-button"
        onClick={() => setOpen('share')}
      >
        <Icon name="share" />
        Share
      </button>
      <button
        class="button"
        type="button"
        data-testid="edit-captions"
        onClick={() => setOpen('captions')}
      >
        <Icon name="captions" />
        Captions
      </button>
      {video.state === 'ready' && !isAudioOnly(video) && <PosterButton video={video} />}
      {open === 'share' && <ShareDialog video={video} onClose={close} />}
      {open === 'captions' && <CaptionsDialog video={video} onClose={close} />}
    </div>
  );
}

function PosterButton({ video }: { video: Video }) {
  const [state, setState] = useState<'idle' | 'busy' | 'done'>('idle');
  const [error, setError] = useState<string | null>(null);
  const take = () => {
    setState('busy');
    setError(null);
    putPosterFrame(video.id, playingElement.value?.currentTime ?? 0).then(
      () => setState('done'),
      (reason: unknown) => {
        setState('idle');
        setError(messageOf(reason));
      },
    );
  };
  return (
    <>
      <button
        class="button"
        type="button"
        title="The picture shown now becomes the poster"
        data-testid="poster-button"
        disabled={state === 'busy'}
        onClick={take}
      >
        <Icon name="film" />
        {state === 'done' ? 'Poster changed' : 'Use this frame as poster'}
      </button>
      {error !== null && (
        <p class="error-text" role="alert">
          {error}
        </p>
      )}
    </>
  );
}
