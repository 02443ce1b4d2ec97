import { useEffect } from 'preact/hooks';
import type { Video } from '../api/types';
import type { PlayerModel } from './player_model';

const stepSeconds = 10;

// Lock screens, headphones and media keys.
export function useMediaSession(video: Video, player: PlayerModel): void {
  useEffect(() => {
    if (!('mediaSession' in navigator)) return;
    const session = navigator.mediaSession;
    const artwork = video.urls.poster === null ? [] : [{ src: video.urls.poster }];
    session.metadata = new MediaMetadata({ title: video.title, artwork });
    session.setActionHandler('seekbackward', () => player.seekBy(-stepSeconds));
    session.setActionHandler('seekforward', () => player.seekBy(stepSeconds));
    session.setActionHandler('seekto', ({ seekTime }) => player.seekTo(seekTime ?? 0));
    return () => {
      session.metadata = null;
      for (const action of ['seekbackward', 'seekforward', 'seekto'] as const) {
        session.setActionHandler(action, null);
      }
    };
  }, [player, video.title, video.urls.poster]);
}
